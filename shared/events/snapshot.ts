import { createHash } from "node:crypto";
import {
  readingName,
  sealedAmountOf,
  type Dataset,
  type FactRows,
  type Reading,
} from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { SnapshotSealed } from "./catalogue.js";

export interface PreparedSnapshot {
  readonly seal: SnapshotSealed;
  /** Ordered as their table is, without the columns that say which snapshot they belong to. */
  readonly rows: readonly FactRows[Dataset][];
}

/**
 * Puts a reading into canonical form and computes its seal. Rows are sorted by their text, so the order in which an API
 * happens to answer changes neither the hash nor the chunks. The chunks then have them by namespace and controller, as the table of costs does:
 * they are smaller, and nobody sorts them again.
 */
export function prepareSnapshot(reading: Reading, readAt: Date, currency: string): PreparedSnapshot {
  const { key, finality } = reading;
  const sorted = reading.rows
    .map((row) => ({
      row,
      text: canonicalRow(row as Readonly<Record<string, unknown>>),
      place: placeOf(row),
    }))
    .sort((a, b) => compare(a.text, b.text));
  const hash = createHash("sha256").update(currency);
  for (const { text } of sorted) hash.update("\n").update(text);
  const contentHash = hash.digest("hex");
  const amount = reading.rows.reduce((sum, row) => sum + parsePicos(sealedAmountOf(key.dataset, row)), 0n);
  const identity = [readingName(key), key.chargePeriod.end, readAt.toISOString(), finality, contentHash].join(
    "\n",
  );
  const seal: SnapshotSealed = {
    snapshotId: createHash("sha256").update(identity).digest("hex").slice(0, 32),
    dataset: key.dataset,
    source: key.source,
    scope: key.scope,
    chargePeriod: key.chargePeriod,
    readAt: readAt.toISOString(),
    finality,
    currency,
    chunkCount: 0,
    rowCount: sorted.length,
    amount: formatPicos(amount),
    contentHash,
  };
  return { seal, rows: sorted.sort((a, b) => compare(a.place, b.place)).map(({ row }) => row) };
}

/** What leads the sorting key of the table of costs within a snapshot; other rows stay as they are. */
function placeOf(row: FactRows[Dataset]): string {
  return "namespace" in row && "controller" in row ? `${row.namespace}\0${row.controller}` : "";
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Columns in the order of their names; empty and zero ones are left out, since that is what an absent column holds. */
function canonicalRow(row: Readonly<Record<string, unknown>>): string {
  const told: Record<string, unknown> = {};
  for (const column of Object.keys(row).sort()) {
    const value = row[column];
    if (value !== "" && value !== "0" && value !== undefined) told[column] = value;
  }
  return JSON.stringify(told);
}
