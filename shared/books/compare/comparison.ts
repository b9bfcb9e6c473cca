import { compareSizes } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import { roundTogether } from "@apportion/domain/split";
import {
  everyStatement,
  type MonthStatements,
  type OwnerKind,
  PICOS_PER_CENT,
} from "@apportion/domain/statement";
import { ownerOf } from "../months/month.js";
import type { Correction } from "../months/read-corrections.js";
import { type Effect, EFFECTS, type Movement } from "./movement.js";
import { NotAsAllocatedError } from "./period-sum.js";

/** A month of the two, as far as it is compared. */
export interface SideHead {
  readonly month: BillingPeriod;
  readonly days: readonly Day[];
  readonly leftOut: readonly Day[];
  /** Closed: the statement is posted, and its amounts do not change any more. */
  readonly isClosed: boolean;
  /** Compared days that wait for readings, and the readings. */
  readonly incompleteDays: readonly Day[];
  readonly missing: readonly string[];
  /** Compared days with Kubernetes at list price that the bill still makes another. */
  readonly beforeTheBill: readonly Day[];
}

/** With what everybody owes of it. */
export interface Side extends SideHead {
  readonly statements: MonthStatements;
  readonly corrections: readonly Correction[];
}

/** What a payer owes of the compared days. */
export interface Owed {
  /** Exactly, without corrections. In picos. */
  readonly picos: bigint;
  /** What the statement charges; of a month that is not compared as a whole, what it would of the compared days. In cents. */
  readonly charged: bigint;
  /** Of closed months, posted into the month beside its statement. In cents. */
  readonly corrections: bigint;
}

/** A movement in cents, as tables print it: those of an effect add up to it. */
export interface PrintedMovement extends Movement {
  readonly cents: bigint;
}

/** What one reason comes to. Those of a payer add up to its difference, exactly and in cents. */
export interface EffectSum {
  readonly effect: Effect | "rounding";
  readonly picos: bigint;
  readonly cents: bigint;
}

export interface PayerComparison {
  readonly ownerKind: OwnerKind;
  /** Empty unless `ownerKind` is `team`. */
  readonly teamId: string;
  readonly before: Owed;
  readonly after: Owed;
  /** After less before, with corrections, in cents. */
  readonly difference: bigint;
  /** In the order of {@link EFFECTS}, those that are not zero. `rounding` only where nothing differs but the cent to which a month was rounded. */
  readonly effects: readonly EffectSum[];
  /** The largest first, whichever way it goes. */
  readonly movements: readonly PrintedMovement[];
}

export interface MonthComparison {
  /** Whether both months are compared whole; otherwise by the days that both have. */
  readonly isWhole: boolean;
  readonly before: SideHead;
  readonly after: SideHead;
  /** Teams by the size of the difference, then idle, corporate and unallocated; or the one that was asked for. */
  readonly payers: readonly PayerComparison[];
  /** Of these payers. */
  readonly total: Omit<PayerComparison, "ownerKind" | "teamId" | "movements">;
}

/**
 * Puts statements and movements together.
 * @param movements of each payer, as `ownerOf` names it, without corrections
 * @param only the payers that are compared; undefined for all
 * @throws NotAsAllocatedError when they do not add up to what the statements differ by
 */
export function composeComparison(
  isWhole: boolean,
  before: Side,
  after: Side,
  movements: ReadonlyMap<string, readonly Movement[]>,
  only?: readonly string[],
): MonthComparison {
  const [was, is] = [owedOf(before), owedOf(after)];
  const corrections = correctionMovements(before.corrections, after.corrections);
  const all = [...new Set([...was.keys(), ...is.keys(), ...corrections.keys()])];
  const payers = all
    .filter((payer) => only === undefined || only.includes(payer))
    .map((payer) =>
      comparePayer(payer, was.get(payer) ?? NOTHING, is.get(payer) ?? NOTHING, [
        ...(movements.get(payer) ?? []),
        ...(corrections.get(payer) ?? []),
      ]),
    )
    .toSorted(byDifference);
  return { isWhole, before: headOf(before), after: headOf(after), payers, total: totalOf(payers) };
}

/** Of everybody's, what some payers have of it, as `ownerOf` names them: the same as if nobody else had been compared. */
export function ofPayers(comparison: MonthComparison, only: readonly string[]): MonthComparison {
  const payers = comparison.payers.filter(({ ownerKind, teamId }) =>
    only.includes(ownerOf(ownerKind, teamId)),
  );
  return { ...comparison, payers, total: totalOf(payers) };
}

function totalOf(payers: readonly PayerComparison[]): MonthComparison["total"] {
  const plus = (one: Owed, other: Owed): Owed => ({
    picos: one.picos + other.picos,
    charged: one.charged + other.charged,
    corrections: one.corrections + other.corrections,
  });
  return {
    before: payers.map((payer) => payer.before).reduce(plus, NOTHING),
    after: payers.map((payer) => payer.after).reduce(plus, NOTHING),
    difference: payers.reduce((sum, { difference }) => sum + difference, 0n),
    effects: sumEffects(payers.flatMap(({ effects }) => effects)),
  };
}

const NOTHING: Owed = { picos: 0n, charged: 0n, corrections: 0n };

function comparePayer(
  payer: string,
  before: Owed,
  after: Owed,
  movements: readonly Movement[],
): PayerComparison {
  const exact = owedPicos(after) - owedPicos(before);
  const moved = movements.reduce((sum, { picos }) => sum + picos, 0n);
  if (moved !== exact)
    throw new NotAsAllocatedError(
      `What was found of ${payer} comes to a difference of ${moved} × 10⁻¹², and its statements to ${exact} × 10⁻¹²`,
    );
  const difference = after.charged + after.corrections - before.charged - before.corrections;
  const [kind = "", ...id] = payer.split("/");
  return {
    ownerKind: kind as OwnerKind,
    teamId: id.join("/"),
    before,
    after,
    difference,
    ...inCents(movements, difference),
  };
}

/** The difference in cents over the effects, and the cents of each over its movements. */
function inCents(
  movements: readonly Movement[],
  difference: bigint,
): Pick<PayerComparison, "effects" | "movements"> {
  if (movements.length === 0) {
    const rounding = { effect: "rounding" as const, picos: 0n, cents: difference };
    return { effects: difference === 0n ? [] : [rounding], movements: [] };
  }
  const groups = EFFECTS.map((effect) => movements.filter((each) => each.effect === effect)).filter(
    (group) => group.length > 0,
  );
  const sums = groups.map((group) => group.reduce((sum, { picos }) => sum + picos, 0n));
  const cents = roundTogether(sums, PICOS_PER_CENT, difference);
  const printed = groups.flatMap((group, at) => {
    const parts = roundTogether(
      group.map(({ picos }) => picos),
      PICOS_PER_CENT,
      cents[at] ?? 0n,
    );
    return group.map((movement, place) => ({ ...movement, cents: parts[place] ?? 0n }));
  });
  const effects = groups.flatMap(([first], at) =>
    first ? [{ effect: first.effect, picos: sums[at] ?? 0n, cents: cents[at] ?? 0n }] : [],
  );
  return { effects, movements: printed.toSorted((a, b) => compareSizes(a.picos, b.picos)) };
}

function sumEffects(effects: readonly EffectSum[]): EffectSum[] {
  return [...EFFECTS, "rounding" as const].flatMap((effect) => {
    const own = effects.filter((each) => each.effect === effect);
    const sum = (of: "picos" | "cents"): bigint => own.reduce((total, each) => total + each[of], 0n);
    return own.length === 0 ? [] : [{ effect, picos: sum("picos"), cents: sum("cents") }];
  });
}

function owedPicos({ picos, corrections }: Owed): bigint {
  return picos + corrections * PICOS_PER_CENT;
}

/** By payer, as `ownerOf` names it. */
function owedOf({ statements, corrections }: Side): Map<string, Owed> {
  const owed = new Map<string, Owed>();
  for (const { ownerKind, teamId, picos, cents } of everyStatement(statements))
    owed.set(ownerOf(ownerKind, teamId), { picos, charged: cents, corrections: 0n });
  for (const { ownerKind, teamId, cents } of corrections) {
    const payer = ownerOf(ownerKind, teamId);
    const own = owed.get(payer) ?? NOTHING;
    owed.set(payer, { ...own, corrections: own.corrections + cents });
  }
  return owed;
}

/** Corrections have one reason: each is a movement by what was posted into the one month and into the other. */
function correctionMovements(
  before: readonly Correction[],
  after: readonly Correction[],
): Map<string, Movement[]> {
  const movements = new Map<string, Movement[]>();
  const add = ({ cents, ...correction }: Correction, isAfter: boolean): void => {
    const payer = ownerOf(correction.ownerKind, correction.teamId);
    const picos = cents * PICOS_PER_CENT;
    const { correctsPeriod: corrects, pool, category } = correction;
    const own = movements.get(payer) ?? [];
    movements.set(payer, own);
    own.push({
      effect: "corrections",
      subject: { of: "correction", corrects, pool },
      category,
      picos: isAfter ? picos : -picos,
      before: isAfter ? 0n : picos,
      after: isAfter ? picos : 0n,
    });
  };
  for (const correction of before) add(correction, false);
  for (const correction of after) add(correction, true);
  return movements;
}

function headOf({ month, days, leftOut, isClosed, incompleteDays, missing, beforeTheBill }: Side): SideHead {
  return { month, days, leftOut, isClosed, incompleteDays, missing, beforeTheBill };
}

const KINDS: readonly OwnerKind[] = ["team", "idle", "corporate", "unallocated"];

function byDifference(a: PayerComparison, b: PayerComparison): number {
  return (
    KINDS.indexOf(a.ownerKind) - KINDS.indexOf(b.ownerKind) ||
    compareSizes(a.difference, b.difference) ||
    (a.teamId < b.teamId ? -1 : 1)
  );
}
