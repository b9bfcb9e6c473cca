import { type CostLine, linesByTeam, sumOf } from "@apportion/books/months/month";
import { categoryName } from "@apportion/domain/category";
import { percentText } from "@apportion/domain/percent";
import type { Day } from "@apportion/domain/period";
import { parseProportion } from "@apportion/domain/proportion";
import { reasonText } from "@apportion/domain/reason";
import { roundedDivision } from "@apportion/domain/rounding";
import { type LineIdentity, PICOS_PER_CENT, type Statement, type StatementLine } from "@apportion/domain/statement";
import type { Registry } from "@apportion/domain/tenancy";
import { lineName } from "@apportion/domain/wording";
import { amountText, countText, quantityText } from "../format.js";

/** A team's share of a pool, and the sentence that explains it. */
export interface SharedShare extends Pick<LineIdentity, "category" | "pool"> {
  readonly name: string;
  readonly cents: bigint;
  /** What the share follows, in a few words: `runs`, `direct cost`, `the same for each`. */
  readonly driver: string;
  readonly explanation: string;
}

export interface Naming {
  readonly registry: Registry;
  readonly currency: string;
  /** `mlflow.runs` → `runs` */
  readonly units: ReadonlyMap<string, string>;
}

/** A pool as it was split in one way: what of it is asked for every team is found once. In the order of the days. */
interface Split {
  readonly byTeam: ReadonlyMap<string, readonly CostLine[]>;
  /** Exact, in picos. */
  readonly cost: bigint;
  /** What all statements together charge for it, in picos: the sum of the shares that people see, which can be some cents beside the exact one. */
  readonly charged: bigint;
  readonly betweenServices: string;
  readonly isDaily: boolean;
  readonly meter: string;
  /** What all weighed together, over the days. */
  readonly weighed: bigint;
  readonly latest: CostLine | undefined;
}

/** All that was split of a month, found by how: whoever explains the shares of many teams goes through its lines once. */
export type Splits = (line: LineIdentity) => Split;

export function splitsOf(lines: readonly CostLine[], statements: readonly Statement[]): Splits {
  const byKey = new Map<string, CostLine[]>();
  const charged = new Map<string, bigint>();
  for (const line of statements.flatMap((statement) => statement.lines)) {
    const key = keyOf(line);
    charged.set(key, (charged.get(key) ?? 0n) + line.cents * PICOS_PER_CENT);
  }
  for (const line of lines) {
    if (line.pool === "") continue;
    const key = keyOf(line);
    const own = byKey.get(key);
    if (own) own.push(line);
    else byKey.set(key, [line]);
  }
  const known = new Map<string, Split>();
  return (line) => {
    const key = keyOf(line);
    // The share of nobody is part of the same split.
    const ofNobody = keyOf({ ...line, reason: OF_NOBODY });
    const keys = key === ofNobody ? [key] : [key, ofNobody];
    const found =
      known.get(key) ??
      splitOf(
        keys.flatMap((each) => byKey.get(each) ?? []),
        keys.reduce((sum, each) => sum + (charged.get(each) ?? 0n), 0n),
      );
    known.set(key, found);
    return found;
  };
}

const OF_NOBODY = "usage-without-owner";

function keyOf({ pool, category, method, reason }: Omit<LineIdentity, "basis">): string {
  return JSON.stringify([pool, category, method, reason]);
}

function splitOf(lines: readonly CostLine[], charged: bigint): Split {
  return {
    byTeam: linesByTeam(lines),
    cost: sumOf(lines),
    charged,
    betweenServices: lines.find(({ betweenServices }) => betweenServices !== "")?.betweenServices ?? "",
    isDaily: lines.some(({ usageWindow }) => usageWindow === "day"),
    meter: lines[0]?.meter ?? "",
    weighed: sumOfDays(lines, (line) => line.driverTotal),
    latest: lines.reduce<CostLine | undefined>(
      (last, line) => (last === undefined || line.day > last.day ? line : last),
      undefined,
    ),
  };
}

/** The pools on a statement in its order; a pool that was split in two ways in the month appears once for each. */
export function sharedShares(statement: Statement, splits: Splits, naming: Naming): SharedShare[] {
  return statement.lines
    .filter((line) => line.basis === "shared")
    .map((line) => {
      const { category, pool, method, reason, cents } = line;
      const split = splits(line);
      const own = split.byTeam.get(statement.teamId) ?? [];
      const sentence = explain({ method, cents }, own, split, naming);
      const fallback = reason === "" ? "" : `Fallback, because ${reasonText(reason)}: `;
      return {
        category,
        pool,
        name: lineName({ category, pool }, naming.registry),
        cents,
        driver: driverName(method, own, split, naming),
        explanation: `${fallback}${sentence}`,
      };
    });
}

function explain(
  { method, cents }: Pick<StatementLine, "method" | "cents">,
  own: readonly CostLine[],
  split: Split,
  { units, currency }: Naming,
): string {
  // A formula is printed where it gives the share that stands beside it. A sum of daily shares that it does not give says so.
  const pool = amountText(split.charged, currency);
  const ofPool = `${percentText(sumOf(own), split.cost)} of ${pool}`;
  const gives = (part: bigint, whole: bigint): boolean =>
    whole !== 0n && roundedDivision(part * split.charged, whole * PICOS_PER_CENT) === cents;
  // What was passed on through other services has no quantity of its own, only a ratio.
  if (split.betweenServices !== "")
    return `${ofPool}: your own use of it and your part of what the other shared services use of it (${split.betweenServices} method).`;
  switch (method) {
    case "usage": {
      const { meter, part, whole } = split.isDaily ? usageOfDays(own, split) : latestUsage(own, split);
      if (meter.includes("%")) return `${ofPool}, by ${meter}.`;
      const counted = `your ${quantityText(part)} of ${quantityText(whole)} ${units.get(meter) ?? `units of ${meter}`} = ${percentText(part, whole)}`;
      const weighed = split.isDaily
        ? "the sum of each day's share"
        : "the sum of each day's share as use stood then";
      return `${counted}${gives(part, whole) ? ` of ${pool}` : `; ${weighed}, ${ofPool}`}.`;
    }
    case "proportional": {
      const part = sumOfDays(own, (line) => line.driverQuantity);
      const whole = split.weighed;
      const direct = `your ${costName(own)} of ${amountText(part, currency)} in all teams' ${amountText(whole, currency)} = ${percentText(part, whole)}`;
      return `${direct}${gives(part, whole) ? ` of ${pool}` : `; the sum of each day's share, ${ofPool}`}.`;
    }
    case "even": {
      const takers = new Set(own.map((line) => takersOf(line)));
      const [count = 0] = takers;
      return takers.size > 1
        ? `the same for each team of a day, the sum of each day's share: ${ofPool}.`
        : `the same for each of ${countText(count, "team")}: ${ofPool}.`;
    }
    case "limit":
      return "the month held within caps and minimum charges: what they spare one team the others pay.";
    case "fixed":
      return `a fixed share: ${ofPool}.`;
    default:
      return `${ofPool}.`;
  }
}

function driverName(
  method: string,
  own: readonly CostLine[],
  { betweenServices, latest }: Split,
  { units }: Naming,
): string {
  if (betweenServices !== "") return `use, also through other services (${betweenServices} method)`;
  switch (method) {
    case "usage": {
      const meter = latest?.meter ?? "";
      return units.get(meter) ?? meter;
    }
    case "proportional":
      return costName(own);
    case "even":
      return "the same for each";
    case "limit":
      return "caps and minimum charges";
    case "fixed":
      return "fixed shares";
    default:
      return method;
  }
}

function takersOf({ driverQuantity, driverTotal }: CostLine): number {
  return driverQuantity > 0n ? Number(driverTotal / driverQuantity) : 0;
}

/** `direct cost`, or for example `GPU cost` where the share follows that. */
function costName([line]: readonly CostLine[]): string {
  const followed = parseProportion(line?.meter ?? "") ?? "direct";
  return followed === "direct" || followed === "total"
    ? `${followed} cost`
    : `${categoryName(followed)} cost`;
}

interface CountedUsage {
  readonly meter: string;
  readonly part: bigint;
  readonly whole: bigint;
}

/** Where the use of each day counts alone, that of the month is its sum. */
function usageOfDays(own: readonly CostLine[], split: Split): CountedUsage {
  return {
    meter: split.meter,
    part: sumOfDays(own, (line) => line.driverQuantity),
    whole: split.weighed,
  };
}

/** Usage is that of the month so far, so the latest day says most. */
function latestUsage(own: readonly CostLine[], { latest }: Split): CountedUsage {
  const part = own.find((line) => line.day === latest?.day)?.driverQuantity ?? 0n;
  return { meter: latest?.meter ?? "", part, whole: latest?.driverTotal ?? 0n };
}

/** What lines weigh is a fact of the day: a day with several lines of a pool counts once. */
function sumOfDays(lines: readonly CostLine[], valueOf: (line: CostLine) => bigint): bigint {
  const byDay = new Map<Day, bigint>();
  for (const line of lines) byDay.set(line.day, valueOf(line));
  return [...byDay.values()].reduce((sum, value) => sum + value, 0n);
}
