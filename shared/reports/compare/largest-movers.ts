import type { MonthComparison, PayerComparison, PrintedMovement } from "@apportion/books/compare/comparison";
import { compareSizes } from "@apportion/domain/money";
import { sumOfCents } from "@apportion/domain/cents";
import type { OwnerKind } from "@apportion/domain/statement";
import { withoutNames } from "@apportion/books/compare/hidden";

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
  /** The same for a team that may read names of its own workloads, and for nobody else. */
  readonly own?: Pick<Mover, "reasons" | "restCents">;
}

const MOVERS_SHOWN = 5;
const REASONS_SHOWN = 2;

/**
 * The largest first, whichever way they went; none that did not move by a cent.
 * @param ownNames ids of the teams that may read names of their own workloads
 */
export function largestMovers(
  { payers }: Pick<MonthComparison, "payers">,
  ownNames: ReadonlySet<string> = new Set(),
): Mover[] {
  return payers
    .map((payer) => ({ payer, cents: payer.after.charged - payer.before.charged }))
    .filter(({ cents }) => cents !== 0n)
    .toSorted((a, b) => compareSizes(a.cents, b.cents))
    .slice(0, MOVERS_SHOWN)
    .map(({ payer, cents }) => moverOf(payer, cents, ownNames));
}

function moverOf(
  { ownerKind, teamId, movements }: PayerComparison,
  cents: bigint,
  ownNames: ReadonlySet<string>,
): Mover {
  const daysCents = sumOfCents(movements.filter(({ effect }) => effect === "days"));
  const told = (own: string): Pick<Mover, "reasons" | "restCents"> => {
    const reasons = withoutNames(movements, own)
      .filter((each) => each.effect !== "corrections" && each.effect !== "days" && each.cents !== 0n)
      .slice(0, REASONS_SHOWN);
    return { reasons, restCents: cents - daysCents - sumOfCents(reasons) };
  };
  const own = ownerKind === "team" && ownNames.has(teamId) ? told(teamId) : undefined;
  return { ownerKind, teamId, cents, daysCents, ...told(""), ...(own && { own }) };
}
