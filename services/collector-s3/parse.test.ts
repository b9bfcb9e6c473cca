import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseDay } from "@apportion/domain/period";
import { ReadingError } from "@apportion/readings/source";
import { toStorageFacts, type BillOptions } from "./parse.js";

const OPTIONS: BillOptions = {
  chargeBy: "UnblendedCost",
  costPerDayMax: "1000000",
  teamTag: "team",
  currency: "USD",
};
const DAY = parseDay("2026-11-22");

const SEED = JSON.parse(
  readFileSync(new URL("recorded/cost_explorer_seed.json", import.meta.url), "utf8"),
) as {
  results: { ResultsByTime: unknown[] }[];
};
/** The two pages of one answer: 22 November, spread over both. */
const PAGES = SEED.results.slice(0, 2).flatMap(({ ResultsByTime }) => ResultsByTime);

function refusal(results: readonly unknown[], options: Partial<BillOptions> = {}): ReadingError {
  try {
    toStorageFacts(results, DAY, { ...OPTIONS, ...options });
  } catch (error) {
    if (error instanceof ReadingError) return error;
    throw error;
  }
  throw new Error("It was not refused");
}

function group(metrics: object, estimated = false): unknown[] {
  return [
    {
      TimePeriod: { Start: "2026-11-22", End: "2026-11-23" },
      Groups: [{ Keys: ["team$fraud", "EU-TimedStorage-ByteHrs"], Metrics: metrics }],
      Estimated: estimated,
    },
  ];
}
const usd = (Amount: string): object => ({ UnblendedCost: { Amount, Unit: "USD" } });

describe("S3's part of the bill", () => {
  it("keeps every digit of every group of all pages, the untagged one too", () => {
    const { rows } = toStorageFacts(PAGES, DAY, OPTIONS);
    expect(rows.map(({ team_label, effective_cost }) => [team_label, effective_cost])).toEqual([
      ["team-a", "12.3456789012"],
      ["team-b", "7.5"],
      ["", "3.25"],
    ]);
  });

  it("is provisional while one of the pages is estimated", () => {
    expect(toStorageFacts(PAGES, DAY, OPTIONS).finality).toBe("provisional");
    expect(toStorageFacts(group(usd("1")), DAY, OPTIONS).finality).toBe("final");
  });

  it("charges the chosen metric and keeps the unblended one to tie out with the invoice", () => {
    const metrics = { ...usd("2.5"), NetAmortizedCost: { Amount: "2.35", Unit: "USD" } };
    const { rows } = toStorageFacts(group(metrics), DAY, { ...OPTIONS, chargeBy: "NetAmortizedCost" });
    expect(rows[0]).toMatchObject({
      effective_cost: "2.35",
      billed_cost: "2.5",
      usage_type: "EU-TimedStorage-ByteHrs",
      team_label: "fraud",
    });
  });

  it("reads amounts that AWS prints with an exponent", () => {
    expect(toStorageFacts(group(usd("1.2E-7")), DAY, OPTIONS).rows[0]?.effective_cost).toBe("0.00000012");
  });
});

describe("what must not be charged", () => {
  it("another currency", () => {
    expect(refusal(PAGES, { currency: "EUR" }).message).toContain("is in USD; this deployment counts in EUR");
  });

  it("usage for a negative amount", () => {
    expect(refusal(group(usd("-1"))).code).toBe("absurd");
  });

  it("a metric that is not there, an amount that is no number, a day that was left out", () => {
    expect(refusal(PAGES, { chargeBy: "NetAmortizedCost" }).message).toContain("has no NetAmortizedCost");
    expect(refusal(group(usd("NaN"))).code).toBe("malformed");
    expect(refusal([]).message).toContain("leaves out 2026-11-22");
    expect(refusal([{ TimePeriod: {} }]).message).toContain("another shape than documented");
  });

  it("a day beyond the ceiling", () => {
    expect(refusal(PAGES, { costPerDayMax: "20" }).message).toContain("more than costPerDayMax 20");
  });
});
