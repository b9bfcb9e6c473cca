import type { DamagedPart } from "@apportion/clickhouse/embedded/damaged-parts";
import type { Finding } from "@apportion/runtime/health";

/** What is lost with rows of a table, in words; of other tables, their rows. */
const LOST: Readonly<Record<string, string>> = {
  cost_facts: "costs that were read, and what was allocated of them cannot be proved",
  cells: "costs by what decides about their owners, and nothing of their days can be allocated or explained",
  usage_facts: "usage that was read, by which shared costs are split",
  bucket_facts: "buckets and their tags that were read",
  utilisation_facts: "how workloads used what they ask for, from which they are advised",
  bill_facts: "lines of the bill, with which everything is reconciled",
  snapshots: "which readings count: days seem not to be read",
  allocation_runs: "which allocations count: days seem not to be allocated",
  allocation_lines: "what was allocated",
  journals: "months that were closed: they seem to be open",
  journal_entries: "what was posted for closed months",
  deliveries: "which mails were sent: they would be sent again",
  delivery_claims: "who sends which mail: some would be sent again",
  notifications: "what waits for channels, and what was kept to be sent again",
  delivery_outcomes: "who got a mail already: some would get it again",
};

/** Tables of the embedded engine of which rows are lost. The command line exits with 1. */
export class DamagedTablesError extends Error {
  readonly code = "DAMAGED_TABLES";
  readonly parts: readonly DamagedPart[];

  constructor(dataDir: string, parts: readonly DamagedPart[]) {
    super(`The tables in ${dataDir} are damaged: ${damageInWords(parts)}`);
    this.name = "DamagedTablesError";
    this.parts = parts;
  }
}

const REMEDY =
  "Nothing is read, charged or sent like this. `apportion rebuild` makes the tables again from the event log; `doctor` and `sql` answer meanwhile.";

function damageInWords(parts: readonly DamagedPart[]): string {
  return `${[...byTable(parts)].map(([table, of]) => tableInWords(table, of)).join("; ")}. ${REMEDY}`;
}

function byTable(parts: readonly DamagedPart[]): Map<string, DamagedPart[]> {
  const tables = new Map<string, DamagedPart[]>();
  for (const part of parts) tables.set(part.table, [...(tables.get(part.table) ?? []), part]);
  return tables;
}

function tableInWords(table: string, parts: readonly DamagedPart[]): string {
  const known = parts.reduce((sum, { rows = 0 }) => sum + rows, 0);
  const count = parts.some(({ rows }) => rows === undefined) ? `at least ${known}` : String(known);
  const named = parts.map(({ part }) => part).join(", ");
  return `${count} rows of ${table} are lost (${LOST[table] ?? "its rows"}), in ${named}`;
}

export function damageFinding(parts: readonly DamagedPart[]): Finding {
  const ok = parts.length === 0;
  return { what: "files of the tables", ok, detail: ok ? "whole" : damageInWords(parts) };
}
