/** A row as it is inserted, and as JSONEachRow gives it back. */
export type Row = Readonly<Record<string, unknown>>;

interface RecordTable {
  /** Rows with the same values in these columns belong together: they were inserted at once, or say the same. */
  readonly key: readonly string[];
  /** Condition on the rows that cannot be computed again; all of them where absent. */
  readonly where?: string;
  /** Fields that the log was told of by mistake: the table never had them. */
  readonly mistaken?: readonly string[];
}

/** Tables whose rows nobody can compute from readings again: what people, clocks and mail servers decided. */
const RECORD_TABLES: Readonly<Record<string, RecordTable>> = {
  configuration_versions: { key: ["kind", "hash", "activated_at"] },
  quarantine_decisions: { key: ["id"] },
  recommendation_decisions: { key: ["id", "decided_at"] },
  forecasts: { key: ["billing_period", "made_at"] },
  anomaly_marks: { key: ["id", "marked_at"] },
  adjustment_drafts: { key: ["id", "step"] },
  decision_drafts: { key: ["id", "step"] },
  prepared_decisions: { key: ["id", "step"] },
  journal_entries: { key: ["journal_id"], where: "journal_id IN (SELECT journal_id FROM journals)" },
  closed_runs: { key: ["journal_id"], where: "journal_id IN (SELECT journal_id FROM journals)" },
  journals: { key: ["seq"] },
  deliveries: { key: ["delivery_key"] },
  notifications: { key: ["delivery_key"] },
  delivery_outcomes: { key: ["delivery_key", "recipient", "outcome"], mistaken: ["permanent"] },
  budget_versions: { key: ["billing_period", "team_id", "budget_version"] },
};

/**
 * Seals of the runs from which journals were made. They can be computed again only where one knows what they started from. Put back with
 * their lines, and not before: a seal makes lines count.
 */
export const RUN_SEALS = "allocation_runs";

/** All that is told to the log. */
export const TOLD_TABLES: Readonly<Record<string, RecordTable>> = {
  ...RECORD_TABLES,
  [RUN_SEALS]: {
    key: ["run_id"],
    where: "run_id IN (SELECT arrayJoin(JSONExtract(evidence, 'runs', 'Array(String)')) FROM journals)",
  },
};

/** A row of the log as its table has it. */
export function storedRow(table: string, row: Row): Row {
  const { mistaken = [] } = TOLD_TABLES[table] ?? {};
  return Object.fromEntries(Object.entries(row).filter(([column]) => !mistaken.includes(column)));
}

export function keyOf(table: string, row: Row): string {
  return (TOLD_TABLES[table]?.key ?? ["snapshot_id"]).map((column) => String(row[column])).join("/");
}

export function keySql(table: string): string {
  return `concat(${(TOLD_TABLES[table]?.key ?? []).map((column) => `toString(${column})`).join(", '/', ")}, '')`;
}
