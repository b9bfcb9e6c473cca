import { parseBillingPeriod } from "@apportion/domain/period";
import { allocationConfig } from "@apportion/registry/allocation";
import type { Entry } from "../ledger/journal.js";
import type { StoredJournal } from "../ledger/journals.js";
import type { LedgerSetting } from "./general-ledger.js";

/** For tests: a month of two teams, with idle and unallocated cost. */

export const entryOf = (entry: Partial<Entry>): Entry => ({
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

export const ENTRIES = [
  entryOf({ teamId: "a", costCenter: "cc-a", category: "gpu" }),
  entryOf({ teamId: "a", costCenter: "cc-a", category: "shared", pool: "mlflow" }),
  entryOf({ teamId: "a", costCenter: "cc-a", category: "rate-variance", cents: -7n }),
  entryOf({ account: "idle", category: "idle-cpu" }),
  entryOf({ account: "unallocated", category: "object-storage" }),
  entryOf({ account: "clearing", source: "s3", cents: -393n }),
];

export const journalOf = (journal: Partial<StoredJournal> = {}): StoredJournal => ({
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

/** @param chart as in the configuration */
export const settingOf = (chart: object = {}, summary = false): LedgerSetting => ({
  chart: allocationConfig.parse({ chartOfAccounts: chart }).chartOfAccounts,
  registry: { sharedServices: [{ id: "mlflow", name: "MLflow" }], teams: [{ id: "a", name: "Alpha" }] },
  summary,
});
