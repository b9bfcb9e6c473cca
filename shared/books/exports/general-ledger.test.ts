import { describe, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import type { StoredJournal } from "../ledger/journals.js";
import { accrualDocuments } from "./accrual.js";
import { type LedgerDocument, ledgerDocuments } from "./general-ledger.js";
import { ENTRIES, entryOf, journalOf, settingOf } from "./examples.js";

const OCTOBER = parseBillingPeriod("2026-10");
const OF_OCTOBER = { billingPeriod: parseBillingPeriod("2026-11"), correctsPeriod: OCTOBER };
const documentOf = (
  journal: Partial<StoredJournal>,
  chart: object = {},
  summary = false,
): LedgerDocument | undefined => ledgerDocuments([journalOf(journal)], settingOf(chart, summary))[0];

describe("documents of the general ledger", () => {
  it("are posted at the month's end, whenever it is closed, and have the day of the close beside it", () => {
    const dates = (document: LedgerDocument | undefined): unknown => [
      document?.postingDate,
      document?.documentDate,
    ];
    expect(dates(documentOf({}))).toEqual(["2026-10-31", "2026-11-12"]);
    expect(dates(documentOf({}, { postingDate: "close" }))).toEqual(["2026-11-12", "2026-11-12"]);
    expect(dates(documentOf({ kind: "correction", ...OF_OCTOBER }))).toEqual(["2026-11-30", "2026-11-12"]);
  });

  it("say in words what an entry is, and of which month", () => {
    const texts = (document: LedgerDocument | undefined): unknown => document?.lines.map(({ text }) => text);
    expect(texts(documentOf({}))).toEqual([
      "GPU, October 2026",
      "MLflow, October 2026",
      "Kubernetes, bill less list prices, October 2026",
      "Idle CPU, October 2026",
      "S3 storage, October 2026",
      "Read from S3, October 2026",
    ]);
    const correction = documentOf({ kind: "correction", ...OF_OCTOBER });
    expect(correction?.text).toBe("Correction of Oct 2026");
    expect(correction?.lines[0]?.text).toBe("Correction of October 2026: GPU");
    expect(documentOf({ kind: "decision", ...OF_OCTOBER })?.lines[0]?.text).toBe(
      "Decision on October 2026: GPU",
    );
    const moved = entryOf({ teamId: "a", costCenter: "cc-a", category: "adjustment" });
    const back = { ...moved, concerns: parseBillingPeriod("2026-11"), cents: -100n };
    const adjustment = {
      kind: "adjustment" as const,
      reason: "The experiment was a's",
      entries: [moved, back],
      ...OF_OCTOBER,
    };
    expect(
      documentOf(adjustment)?.lines.map(({ text, reference, cents }) => [text, reference, cents]),
    ).toEqual([
      ["Adjustment of October 2026: The experiment was a's", "INV-2026-10-a-2", 100n],
      ["Adjustment of November 2026: The experiment was a's", "INV-2026-11-a-2", -100n],
    ]);
  });

  it("have the cost centers and accounts of the chart where an entry is no team's", () => {
    const chart = {
      idle: "6200",
      unallocated: "6300",
      costCenters: { idle: "cc-platform", unallocated: "cc-finance" },
    };
    const lines = documentOf({}, chart)?.lines.slice(3);
    expect(lines?.map(({ account, costCenter }) => [account, costCenter])).toEqual([
      ["6200", "cc-platform"],
      ["6300", "cc-finance"],
      ["cloud-clearing", ""],
    ]);
  });

  it("have the invoice of each payer beside what it is charged, of this edition and not of another", () => {
    const later = journalOf({ seq: 2n, journalId: "cd", kind: "correction", ...OF_OCTOBER });
    const [statement, correction] = ledgerDocuments([journalOf(), later], settingOf());
    const references = (document?: LedgerDocument): unknown =>
      document?.lines.map(({ reference }) => reference);
    expect(references(statement)).toEqual([
      "INV-2026-10-a-1",
      "INV-2026-10-a-1",
      "INV-2026-10-a-1",
      "INV-2026-10-IDLE-1",
      "INV-2026-10-UNALLOCATED-1",
      "",
    ]);
    expect(correction?.lines[0]?.reference).toBe("INV-2026-10-a-2");
  });
});

describe("a summary", () => {
  it("has one line for each account and cost center, which come to the same", () => {
    expect(documentOf({}, {}, true)?.lines).toEqual([
      {
        side: "charged",
        account: "platform-charges",
        costCenter: "cc-a",
        teamId: "a",
        text: "Alpha, October 2026",
        reference: "INV-2026-10-a-1",
        cents: 193n,
      },
      expect.objectContaining({ account: "platform-idle", text: "Idle capacity, October 2026", cents: 100n }),
      expect.objectContaining({
        account: "unallocated",
        text: "Unallocated cost, October 2026",
        cents: 100n,
      }),
      expect.objectContaining({
        account: "cloud-clearing",
        text: "Read from S3, October 2026",
        cents: -393n,
      }),
    ]);
  });

  it("names no team and no invoice where teams share a cost center, and leaves out what comes to nothing", () => {
    const entries = [
      ...["a", "b", "c", "d"].map((teamId) => entryOf({ teamId, costCenter: "cc", category: "gpu" })),
      entryOf({ teamId: "e", costCenter: "cc-e", category: "gpu" }),
      entryOf({ teamId: "e", costCenter: "cc-e", category: "cpu", cents: -100n }),
      entryOf({ account: "clearing", source: "s3", cents: -400n }),
    ];
    const lines = documentOf({ entries }, {}, true)?.lines;
    expect(lines?.map(({ text, teamId, reference, cents }) => [text, teamId, reference, cents])).toEqual([
      ["4 payers, October 2026", "", "", 400n],
      ["Read from S3, October 2026", "", "", -400n],
    ]);
  });
});

describe("an accrual", () => {
  const open = { month: OCTOBER, entries: ENTRIES, madeOn: "2026-11-02" as LedgerDocument["documentDate"] };

  it("is posted at the month's end, taken back on the first of the next, and says that it is provisional", () => {
    const [accrual, reversal] = accrualDocuments(open, settingOf({ accrued: "2900" }));
    expect([accrual.postingDate, reversal.postingDate]).toEqual(["2026-10-31", "2026-11-01"]);
    expect([accrual.status, reversal.status]).toEqual(["provisional", "provisional"]);
    expect([accrual.text, reversal.text]).toEqual(["Provisional Oct 2026", "Reversal, prov. Oct 2026"]);
    expect(accrual.lines[0]).toMatchObject({ text: "Provisional Oct 2026: GPU", reference: "" });
    expect(accrual.lines.at(-1)).toMatchObject({ account: "2900", cents: -393n });
    expect(reversal.lines.map(({ account, costCenter, cents }) => [account, costCenter, -cents])).toEqual(
      accrual.lines.map(({ account, costCenter, cents }) => [account, costCenter, cents]),
    );
    expect(accrual.lines.reduce((sum, { cents }) => sum + cents, 0n)).toBe(0n);
  });

  it("has the same numbers for the same amounts alone, in the 16 characters of a reference", () => {
    const numbers = (entries = ENTRIES): string[] =>
      accrualDocuments({ ...open, entries }, settingOf()).map(({ number }) => number);
    expect(numbers()).toEqual(numbers());
    expect(numbers([entryOf({ teamId: "a", category: "gpu" })])).not.toEqual(numbers());
    expect(numbers().map((number) => number.length)).toEqual([16, 16]);
  });
});
