import { type RecordBatch, RecordBatchReader, type Vector } from "apache-arrow";
import type { Dataset, FactRows } from "@apportion/domain/facts";
import { formatPicos } from "@apportion/domain/money";
import { FACT_COLUMNS, type FactKind } from "./fact-columns.js";

/** The rows of a chunk that was looked at before, without what is empty or zero. @throws Error where ClickHouse too would refuse it */
export function fromArrow<D extends Dataset>(dataset: D, stream: Uint8Array): FactRows[D][] {
  return [...RecordBatchReader.from(stream)].flatMap((batch) => rowsOf(dataset, batch) as FactRows[D][]);
}

function rowsOf(dataset: Dataset, batch: RecordBatch): Record<string, string>[] {
  const rows = Array.from({ length: batch.numRows }, (): Record<string, string> => ({}));
  for (const [column, kind] of Object.entries(FACT_COLUMNS[dataset])) {
    const cells = batch.getChild(column);
    if (!cells) continue;
    for (const [index, row] of rows.entries()) {
      const text = textOf(kind, cells, index);
      if (text !== undefined) row[column] = text;
    }
  }
  return rows;
}

function textOf(kind: FactKind, cells: Vector, row: number): string | undefined {
  const cell: unknown = cells.get(row);
  if (cell === null || cell === "") return undefined;
  if (kind === "known-day") return new Date(Number(cell)).toISOString().slice(0, 10);
  if (kind !== "amount" && kind !== "known-amount") return cell as string;
  const picos = picosOf(cell as Uint32Array);
  return kind === "amount" && picos === 0n ? undefined : formatPicos(picos);
}

/** Four words of 32 bits, the lowest first, the sign in the highest. */
function picosOf(words: Uint32Array): bigint {
  return BigInt.asIntN(
    128,
    words.reduceRight((picos, word) => (picos << 32n) | BigInt(word), 0n),
  );
}
