import { describe, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { allocationConfig } from "@apportion/registry/allocation";
import type { Entry } from "../ledger/journal.js";
import type { StoredJournal } from "../ledger/journals.js";
import { generalLedgerCsv } from "./general-ledger.js";

const entryOf = (entry: Partial<Entry>): Entry => ({
  account: "team",
  teamId: "",
  costCenter: "",
  source: "",
  category: "",
  basis: "",
  pool: "",
  method: "",
  reason: "",
  cents: 100n,
  ...entry,
});
const ENTRIES = [
  entryOf({ teamId: "a", costCenter: "cc-a", category: "gpu" }),
  entryOf({ teamId: "a", costCenter: "cc-a", category: "shared", pool: "mlflow" }),
  entryOf({ teamId: "a", costCenter: "cc-a", category: "rate-variance", cents: -7n }),
  entryOf({ account: "idle", category: "idle-cpu" }),
  entryOf({ account: "unallocated", category: "object-storage" }),
  entryOf({ account: "clearing", source: "s3", cents: -393n }),
];
const journalOf = (journal: Partial<StoredJournal>): StoredJournal => ({
  seq: 1n,
  journalId: "ab".repeat(16),
  shown: { chargedCents: 393n, entries: ENTRIES.length },
  kind: "statement",
  billingPeriod: parseBillingPeriod("2026-10"),
  correctsPeriod: "",
  postedAt: "2026-11-12T09:30:00.000Z",
  preparedBy: "analyst",
  approvedBy: "controller",
  reason: "",
  evidence: "{}",
  previousHash: "",
  hash: "ab".repeat(32),
  entries: ENTRIES,
  ...journal,
});
const setting = { currency: "USD", registry: { sharedServices: [{ id: "mlflow", name: "MLflow" }] } };
const rowsOf = (journal: Partial<StoredJournal>, chart: object = {}): Record<string, string>[] => {
  const { chartOfAccounts } = allocationConfig.parse({ chartOfAccounts: chart });
  const month = journal.billingPeriod ?? parseBillingPeriod("2026-10");
  const [header = "", ...rows] = generalLedgerCsv([journalOf(journal)], month, chartOfAccounts, setting)
    .trim()
    .split("\r\n");
  const cells = (row: string): string[] =>
    [...row.matchAll(/("[^"]*"|[^,]*)(,|$)/g)].map(([, cell = ""]) => cell.replaceAll('"', ""));
  return rows.map((row) => Object.fromEntries(cells(header).map((name, at) => [name, cells(row)[at] ?? ""])));
};

describe("the general ledger's file", () => {
  it("posts a month at its end, whenever it is closed, and has the day of the close beside it", () => {
    const dates = (rows: Record<string, string>[]): unknown => [
      rows[0]?.["posting_date"],
      rows[0]?.["document_date"],
    ];
    expect(dates(rowsOf({}))).toEqual(["2026-10-31", "2026-11-12"]);
    expect(dates(rowsOf({}, { postingDate: "close" }))).toEqual(["2026-11-12", "2026-11-12"]);
    const correction = {
      billingPeriod: parseBillingPeriod("2026-11"),
      correctsPeriod: parseBillingPeriod("2026-10"),
    };
    expect(dates(rowsOf({ kind: "correction", ...correction }))).toEqual(["2026-11-30", "2026-11-12"]);
  });

  it("says in words what an entry is, and of which month", () => {
    expect(rowsOf({}).map(({ text }) => text)).toEqual([
      "GPU, October 2026",
      "MLflow, October 2026",
      "Kubernetes, bill less list prices, October 2026",
      "Idle CPU, October 2026",
      "S3 storage, October 2026",
      "Read from S3, October 2026",
    ]);
    const of = {
      billingPeriod: parseBillingPeriod("2026-11"),
      correctsPeriod: parseBillingPeriod("2026-10"),
    };
    expect(rowsOf({ kind: "correction", ...of })[0]?.["text"]).toBe("Correction of October 2026: GPU");
    expect(rowsOf({ kind: "decision", ...of })[0]?.["text"]).toBe("Decision on October 2026: GPU");
  });

  it("has the cost centers of the chart of accounts where an entry is no team's", () => {
    const chart = { costCenters: { idle: "cc-platform", unallocated: "cc-finance" } };
    expect(rowsOf({}, chart).map(({ cost_center }) => cost_center)).toEqual([
      "cc-a",
      "cc-a",
      "cc-a",
      "cc-platform",
      "cc-finance",
      "",
    ]);
  });
});
