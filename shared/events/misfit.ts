import type { Dataset } from "@apportion/domain/facts";
import { foreignText } from "@apportion/runtime/foreign-text";

/** A row that its table cannot hold as it is: nothing of its reading may be published. */
export class MisfitError extends Error {
  readonly code = "MISFIT";

  /** @param row its place in the canonical order, from 0 */
  constructor(dataset: Dataset, row: number, column: string, value: unknown, why: string) {
    const shown = foreignText(typeof value === "string" ? JSON.stringify(value) : String(value));
    super(`row ${row + 1} of ${dataset} does not fit: ${foreignText(column)} is ${shown}, and ${why}`);
  }
}
