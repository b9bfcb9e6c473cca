import { deserialize, serialize } from "node:v8";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { MonthComparison, PayerComparison } from "@apportion/books/compare/comparison";

/**
 * The same in a twentieth of the memory, to be kept: a month of 60,000 workloads has some hundred thousand movements of everybody's, and each question
 * is about those of a payer.
 */
export function packed(comparison: MonthComparison): MonthComparison {
  return { ...comparison, payers: comparison.payers.map(packedPayer) };
}

function packedPayer({ movements: all, ...payer }: PayerComparison): PayerComparison {
  const bytes = deflateRawSync(serialize(all), { level: 1 });
  return {
    ...payer,
    get movements() {
      return deserialize(inflateRawSync(bytes)) as PayerComparison["movements"];
    },
  };
}
