import { RATE_VARIANCE } from "@apportion/allocation/rate-variance";
import type { Reconciliation } from "@apportion/books/reconcile/reconcile";
import { centsThatFoot } from "@apportion/domain/cents";
import { parsePicos } from "@apportion/domain/money";

/** A place of the bill in cents. */
export interface PrintedRow {
  readonly row: Reconciliation["rows"][number];
  readonly billed: bigint;
  readonly attributed: bigint;
  readonly missed: bigint;
}

/** The bill as a table prints it: its rows add up to its categories, and these to the total. */
export interface PrintedBill {
  readonly rows: readonly PrintedRow[];
  /** What has no owner or was split by a fallback: missed beside what differs. */
  readonly withoutRule: bigint;
}

/**
 * Rounds by source first, as the ledger does when it credits the sources: what a source comes to here is what the journal has, to the
 * cent, where all of the month is on the bill. Then each source's cents go to its rows.
 */
export function printedBill(result: Pick<Reconciliation, "rows" | "kubernetes" | "missed">): PrintedBill {
  const { rows } = result;
  const missedRows = rows.map(({ missed }) => parsePicos(missed));
  const rest = parsePicos(result.missed) - missedRows.reduce((sum, missed) => sum + missed, 0n);
  const missed = centsThatFoot([...missedRows, rest]);
  const billed = bySource(result, "billed");
  const attributed = bySource(result, "attributed");
  return {
    rows: rows.map((row, index) => ({
      row,
      billed: billed[index] ?? 0n,
      attributed: attributed[index] ?? 0n,
      missed: missed[index] ?? 0n,
    })),
    withoutRule: missed.at(-1) ?? 0n,
  };
}

function bySource(
  { rows, kubernetes }: Pick<Reconciliation, "rows" | "kubernetes">,
  column: "billed" | "attributed",
): bigint[] {
  const variance = parsePicos(kubernetes.rateVariance);
  const totals = new Map<string, bigint>([[RATE_VARIANCE.source, variance]]);
  const add = (source: string, picos: bigint): unknown =>
    totals.set(source, (totals.get(source) ?? 0n) + picos);
  for (const row of rows) add(row.source, parsePicos(row[column]));
  if (totals.has("kubecost")) add("kubecost", -variance);
  const sources = [...totals.keys()].toSorted();
  const cents = new Map(
    centsThatFoot(sources.map((source) => totals.get(source) ?? 0n)).map((each, at) => [sources[at], each]),
  );
  const result = rows.map(() => 0n);
  for (const source of sources) {
    const own = rows.flatMap((row, at) => (row.source === source ? [at] : []));
    const beside = source === "kubecost" ? (cents.get(RATE_VARIANCE.source) ?? 0n) : 0n;
    const parts = centsThatFoot(
      own.map((at) => parsePicos(rows[at]?.[column] ?? "0")),
      (cents.get(source) ?? 0n) + beside,
    );
    for (const [place, at] of own.entries()) result[at] = parts[place] ?? 0n;
  }
  return result;
}
