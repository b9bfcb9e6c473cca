import type { Category } from "@apportion/domain/category";
import { roundedDivision } from "@apportion/domain/rounding";
import { splitExactly } from "@apportion/domain/split";
import type { Movement, WorkloadName } from "./movement.js";

/** What somebody pays of a workload in one category. */
export interface Part {
  /** In picos. */
  readonly cost: bigint;
  /** In units of 10⁻¹²; zero also where none was read. */
  readonly quantity: bigint;
}

/** What a workload cost in a period, by who paid it. */
export interface Workload {
  readonly name: WorkloadName;
  readonly byPayer: ReadonlyMap<string, ReadonlyMap<Category, Part>>;
}

/** How many days are compared. */
export interface Days {
  readonly before: number;
  readonly after: number;
}

/** Categories of which facts have a quantity: core-hours, GPU-hours, GiB-hours. */
const MEASURED: ReadonlySet<Category> = new Set(["cpu", "gpu", "memory"]);

const NOTHING: Part = { cost: 0n, quantity: 0n };

/**
 * Splits what a workload costs its payers otherwise, category by category, as cost accounting splits a variance into price and quantity
 * (Horngren, Datar, Rajan: *Cost Accounting*, flexible budgets and direct-cost variances), in this order:
 *
 * - ownership = c₁ × s₂ − t₁: what of the cost of before would have been the payer's, were it shared as it is now, less what the payer paid.
 *   Over all payers it is zero: what one hands over another takes.
 * - days = c₁ × s₂ × (n₂ − n₁) ÷ n₁: as much a day as before, on more or fewer days. A month is not used more for being longer.
 * - usage = c₁ × s₂ × (q₂ − q₁) ÷ q₁ − days: other quantity, at the price of before.
 * - price = t₂ − c₁ × s₂ − usage − days: other price, for the quantity of now.
 *
 * c, q: cost and quantity of the workload; n: days; t: what the payer pays; s₂: the payer's share of the cost now; 1 before, 2 now. Of one payer, and as
 * many days, usage = (q₂ − q₁) × p₁ and price = (p₂ − p₁) × q₂: what is due to both together is in the price. A workload that is there on one side alone is new or gone.
 */
export function splitWorkload(
  before: Workload | undefined,
  after: Workload | undefined,
  days: Days,
): Map<string, Movement[]> {
  const workload = after ?? before;
  if (!workload) return new Map();
  const payers = [...new Set([...(before?.byPayer.keys() ?? []), ...(after?.byPayer.keys() ?? [])])].sort();
  const movements = new Map<string, Movement[]>(payers.map((payer) => [payer, []]));
  const name = {
    ...workload.name,
    protectedLevel: workload.name.protectedLevel || (before?.name.protectedLevel ?? ""),
    protectedTeam: protectedTeamOf(before?.name, workload.name),
  };
  for (const category of categoriesOf(before, after)) {
    const of = (side: Workload | undefined): Part[] =>
      payers.map((payer) => side?.byPayer.get(payer)?.get(category) ?? NOTHING);
    const sides = { before: of(before), after: of(after) };
    const effects = effectsOf(before, after, sides, payers, { category, days });
    for (const [at, payer] of payers.entries()) {
      const amounts = {
        subject: { of: "workload", ...name } as const,
        category,
        before: sides.before[at]?.cost ?? 0n,
        after: sides.after[at]?.cost ?? 0n,
      };
      for (const effect of effects[at] ?? [])
        if (effect.picos !== 0n) movements.get(payer)?.push({ ...amounts, ...effect });
    }
  }
  return movements;
}

/** The team whose alone a name is by both: empty where each is another's under HIPAA or PCI. */
export function protectedTeamOf(one: WorkloadName | undefined, other: WorkloadName): string {
  if (!one || one.protectedLevel === "") return other.protectedTeam;
  return other.protectedLevel === "" || one.protectedTeam === other.protectedTeam ? one.protectedTeam : "";
}

type EffectOf = Pick<Movement, "effect" | "picos" | "quantity" | "others">;
interface Sides {
  readonly before: readonly Part[];
  readonly after: readonly Part[];
}

/** Of each payer, in their order. */
function effectsOf(
  before: Workload | undefined,
  after: Workload | undefined,
  sides: Sides,
  payers: readonly string[],
  what: Pick<Priced, "category" | "days">,
): EffectOf[][] {
  const whole = (effect: Movement["effect"]): EffectOf[][] =>
    payers.map((_, at) => [
      { effect, picos: (sides.after[at]?.cost ?? 0n) - (sides.before[at]?.cost ?? 0n) },
    ]);
  if (!before) return whole("new");
  if (!after) return whole("gone");
  const weights = weightsNow(after, sides.after, payers);
  if (!weights) return whole("not-told-apart");
  const [all, now] = [sumOf(sides.before), sumOf(sides.after)];
  const shared = splitExactly(all.cost, weights);
  return payers.map((payer, at) => {
    const cost = shared[at] ?? 0n;
    const others = { before: othersThan(payer, before), after: othersThan(payer, after) };
    return [
      { effect: "ownership" as const, picos: cost - (sides.before[at]?.cost ?? 0n), others },
      ...priceAndUsage({ ...what, cost, picos: (sides.after[at]?.cost ?? 0n) - cost, all, now }),
    ];
  });
}

interface Priced {
  /** What the payer would have paid before, were the workload shared as it is now, and what it pays more than that. */
  readonly cost: bigint;
  readonly picos: bigint;
  /** What all payers had of it before, and have. */
  readonly all: Part;
  readonly now: Part;
  readonly category: Category;
  readonly days: Days;
}

/** A quantity of none where something is paid was not read: it is not zero. */
function priceAndUsage({ cost, picos, all, now, category, days }: Priced): EffectOf[] {
  const isRead = (part: Part): boolean => part.quantity > 0n || (part.quantity === 0n && part.cost === 0n);
  if (!MEASURED.has(category) || !isRead(all) || !isRead(now)) return [{ effect: "not-told-apart", picos }];
  const quantity = { before: all.quantity, after: now.quantity };
  // What nobody used before has no price of before: all of it is use.
  if (all.quantity === 0n) return [{ effect: "usage", picos, quantity }];
  const more = roundedDivision(cost * (now.quantity - all.quantity), all.quantity);
  const longer = roundedDivision(cost * BigInt(days.after - days.before), BigInt(days.before));
  return [
    { effect: "usage", picos: more - longer, quantity },
    { effect: "price", picos: picos - more, quantity },
    { effect: "days", picos: longer, quantity },
  ];
}

/**
 * What each payer has of the workload now: its cost in the category, or where nobody has any in it, in all of them.
 * Undefined where several pay and their costs are no shares, as where some are negative.
 */
function weightsNow(
  { byPayer }: Workload,
  inCategory: readonly Part[],
  payers: readonly string[],
): bigint[] | undefined {
  if (byPayer.size === 1) return payers.map((payer) => (byPayer.has(payer) ? 1n : 0n));
  const own = inCategory.map(({ cost }) => cost);
  const costs = own.some((cost) => cost !== 0n)
    ? own
    : payers.map((payer) => sumOf([...(byPayer.get(payer)?.values() ?? [])]).cost);
  const areShares = costs.every((cost) => cost >= 0n) && costs.some((cost) => cost > 0n);
  return areShares ? costs : undefined;
}

function othersThan(payer: string, { byPayer }: Workload): string[] {
  return [...byPayer.keys()].filter((other) => other !== payer).sort();
}

function categoriesOf(...sides: readonly (Workload | undefined)[]): Set<Category> {
  return new Set(
    sides.flatMap((side) => [...(side?.byPayer.values() ?? [])].flatMap((parts) => [...parts.keys()])),
  );
}

function sumOf(parts: readonly Part[]): Part {
  return parts.reduce(
    (sum, { cost, quantity }) => ({ cost: sum.cost + cost, quantity: sum.quantity + quantity }),
    NOTHING,
  );
}
