import type { PrintedMovement } from "@apportion/books/compare/comparison";
import type { Registry } from "@apportion/domain/tenancy";
import { changeText } from "../format.js";
import { withoutNames } from "./hidden.js";
import { effectName, movementName } from "./words.js";

const CHANGES_SHOWN = 3;

/**
 * What a report says of the difference to the month before: the largest movements of at least a cent, with names that everybody may see. Corrections
 * have a section of their own, and that a month is longer is nobody's doing.
 */
export function largestChanges(movements: readonly PrintedMovement[]): PrintedMovement[] {
  return withoutNames(movements)
    .filter(({ effect, cents }) => effect !== "corrections" && effect !== "days" && cents !== 0n)
    .slice(0, CHANGES_SHOWN);
}

/** `usage: GPU of eu-1/search/training`, and by how much. */
export function changeRows(
  changes: readonly PrintedMovement[],
  { registry, currency }: { readonly registry: Pick<Registry, "sharedServices">; readonly currency: string },
): [what: string, change: string][] {
  return changes.map((movement) => [
    `${effectName(movement.effect)}: ${movementName(movement, registry)}`,
    changeText(movement.cents, currency),
  ]);
}
