import { describe, expect, it } from "vitest";
import { parseDay } from "@apportion/domain/period";
import { openKey, residualsOf, residualText, type ComparedDay } from "./residuals.js";

const DAY = parseDay("2026-11-02");
const compared = (
  source: string,
  billed: bigint,
  attributed: bigint,
  rest: Partial<ComparedDay> = {},
): ComparedDay => ({
  day: DAY,
  source,
  account: "main",
  service: "EC2 - Other",
  recordType: "Usage",
  billed,
  attributed,
  ...rest,
});
const classes = (days: readonly ComparedDay[], open: string[] = []): string[] =>
  residualsOf(days, [], [], new Set(open)).map(({ class: kind }) => kind);

describe("residuals", () => {
  it("are told in words, each once", () => {
    const texts = [
      { class: "untagged", what: "untagged" },
      { class: "no owner", what: "no-owner" },
      { class: "timing", what: "AmazonS3, 1234" },
    ] as const;
    expect(texts.map(residualText)).toEqual([
      "untagged",
      "no owner: namespaces or labels that belong to no team",
      "timing: AmazonS3, 1234",
    ]);
  });

  it("are an overlap only where two sources attribute the same account, service and day", () => {
    expect(classes([compared("s3", 10n, 16n)])).toEqual(["unknown"]);
    expect(classes([compared("s3", 10n, 10n), compared("aws-bill", 0n, 10n)])).toEqual(["overlap"]);
    const elsewhere = { account: "other" };
    const another = { day: parseDay("2026-11-03") };
    expect(classes([compared("s3", 10n, 10n), compared("aws-bill", 0n, 10n, elsewhere)])).toEqual([
      "unknown",
    ]);
    expect(classes([compared("s3", 10n, 10n), compared("aws-bill", 0n, 10n, another)])).toEqual(["unknown"]);
  });

  it("are no overlap where two sources share a service and one attributes what the other leaves", () => {
    expect(classes([compared("network", 10n, 4n), compared("aws-bill", 0n, 6n)])).toEqual(["unknown"]);
  });

  it("are timing only on the days that are not final", () => {
    const other = parseDay("2026-11-03");
    const days = [compared("s3", 10n, 4n), compared("s3", 10n, 4n, { day: other })];
    expect(classes(days, [openKey(DAY, "s3")])).toEqual(["timing", "unknown"]);
  });

  it("tell credits and tax from use, and put the largest first", () => {
    const tax = compared("aws-bill", 3n, 0n, { recordType: "Tax" });
    expect(classes([compared("s3", 10n, 9n), tax])).toEqual(["credit or tax", "unknown"]);
  });
});
