import type { MonthComparison, PayerComparison, PrintedMovement } from "@apportion/books/compare/comparison";
import { compareSizes } from "@apportion/books/compare/comparison";
import type { OwnerKind } from "@apportion/domain/statement";
import { withoutNames } from "./hidden.js";

/** Whose statement moved most since the month before, and what did it. In cents. */
export interface Mover {
  readonly ownerKind: OwnerKind;
  /** Empty unless `ownerKind` is `team`. */
  readonly teamId: string;
  /** Of the statement, without corrections: those have one reason, and a section of their own. */
  readonly cents: bigint;
  /** The largest of them, with names that everybody may see. */
  readonly reasons: readonly PrintedMovement[];
  /** What comes of a month that is longer or shorter: nobody's doing. */
  readonly daysCents: bigint;
  /** With reasons and days it is what the statement moved by. */
  readonly restCents: bigint;
}

const MOVERS_SHOWN = 5;
const REASONS_SHOWN = 2;

/** The largest first, whichever way they went; none that did not move by a cent. */
export function largestMovers({ payers }: Pick<MonthComparison, "payers">): Mover[] {
  return payers
    .map((payer) => ({ payer, cents: payer.after.charged - payer.before.charged }))
    .filter(({ cents }) => cents !== 0n)
    .toSorted((a, b) => compareSizes(a.cents, b.cents))
    .slice(0, MOVERS_SHOWN)
    .map(({ payer, cents }) => moverOf(payer, cents));
}

function moverOf({ ownerKind, teamId, movements }: PayerComparison, cents: bigint): Mover {
  const sum = (of: readonly { readonly cents: bigint }[]): bigint =>
    of.reduce((all, each) => all + each.cents, 0n);
  const daysCents = sum(movements.filter(({ effect }) => effect === "days"));
  const reasons = withoutNames(movements)
    .filter(({ effect, cents: own }) => effect !== "corrections" && effect !== "days" && own !== 0n)
    .slice(0, REASONS_SHOWN);
  return { ownerKind, teamId, cents, reasons, daysCents, restCents: cents - daysCents - sum(reasons) };
}
