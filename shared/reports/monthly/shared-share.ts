import { type CostLine, linesOfTeam, sumOf } from "@apportion/books/months/month";
import { categoryName } from "@apportion/domain/category";
import { percentText } from "@apportion/domain/percent";
import type { Day } from "@apportion/domain/period";
import { parseProportion } from "@apportion/domain/proportion";
import { reasonText } from "@apportion/domain/reason";
import { PICOS_PER_CENT, type Statement } from "@apportion/domain/statement";
import type { Registry } from "@apportion/domain/tenancy";
import { lineName } from "@apportion/domain/wording";
import { amountText, countText, quantityText } from "../format.js";

/** A team's share of a pool, and the sentence that explains it. */
export interface SharedShare {
  readonly name: string;
  readonly cents: bigint;
  readonly explanation: string;
}

export interface Naming {
  readonly registry: Registry;
  readonly currency: string;
  /** `mlflow.runs` → `runs` */
  readonly units: ReadonlyMap<string, string>;
}

/** The pools on a statement in its order; a pool that was split in two ways in the month appears once for each. */
export function sharedShares(
  statement: Statement,
  lines: readonly CostLine[],
  naming: Naming,
): SharedShare[] {
  return statement.lines
    .filter((line) => line.basis === "shared")
    .map(({ category, pool, method, reason, cents }) => {
      // The share of nobody (`usage-without-owner`) is part of the same split.
      const split = lines.filter(
        (line) =>
          line.pool === pool &&
          line.category === category &&
          line.method === method &&
          (line.reason === reason || line.reason === "usage-without-owner"),
      );
      const own = linesOfTeam(split, statement.teamId);
      const sentence = explain(method, own, split, naming);
      const fallback = reason === "" ? "" : `Fallback, because ${reasonText(reason)}: `;
      return {
        name: lineName({ category, pool }, naming.registry),
        cents,
        explanation: `${fallback}${sentence}`,
      };
    });
}

function explain(
  method: string,
  own: readonly CostLine[],
  split: readonly CostLine[],
  { units, currency }: Naming,
): string {
  const cost = { part: sumOf(own), whole: sumOf(split) };
  const ofPool = `${percentText(cost.part, cost.whole)} of ${amountText(cost.whole, currency)}`;
  const between = split.find(({ betweenServices }) => betweenServices !== "")?.betweenServices;
  // What was passed on through other services has no quantity of its own, only a ratio.
  if (between !== undefined)
    return `${ofPool}: your own use of it and your part of what the other shared services use of it (${between} method).`;
  switch (method) {
    case "usage": {
      const daily = split.some(({ usageWindow }) => usageWindow === "day");
      const { meter, part, whole } = daily ? usageOfDays(own, split) : latestUsage(own, split);
      if (meter.includes("%")) return `${ofPool}, by ${meter}.`;
      const counted = `your ${quantityText(part)} of ${quantityText(whole)} ${units.get(meter) ?? `units of ${meter}`} = ${percentText(part, whole)}`;
      const weighed = daily ? "the sum of each day's share" : "the sum of each day's share as use stood then";
      return `${counted}${gives(part, whole, cost) ? ` of ${amountText(cost.whole, currency)}` : `; ${weighed}, ${ofPool}`}.`;
    }
    case "proportional": {
      const part = sumOfDays(own, (line) => line.driverQuantity);
      const whole = sumOfDays(split, (line) => line.driverTotal);
      const direct = `your ${costName(own)} of ${amountText(part, currency)} in all teams' ${amountText(whole, currency)} = ${percentText(part, whole)}`;
      return `${direct}${gives(part, whole, cost) ? ` of ${amountText(cost.whole, currency)}` : `; the sum of each day's share, ${ofPool}`}.`;
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
function usageOfDays(own: readonly CostLine[], split: readonly CostLine[]): CountedUsage {
  return {
    meter: split[0]?.meter ?? "",
    part: sumOfDays(own, (line) => line.driverQuantity),
    whole: sumOfDays(split, (line) => line.driverTotal),
  };
}

/** Usage is that of the month so far, so the latest day says most. */
function latestUsage(own: readonly CostLine[], split: readonly CostLine[]): CountedUsage {
  const latest = split.reduce<CostLine | undefined>(
    (last, line) => (last === undefined || line.day > last.day ? line : last),
    undefined,
  );
  const part = own.find((line) => line.day === latest?.day)?.driverQuantity ?? 0n;
  return { meter: latest?.meter ?? "", part, whole: latest?.driverTotal ?? 0n };
}

/** What lines weigh is a fact of the day: a day with several lines of a pool counts once. */
function sumOfDays(lines: readonly CostLine[], valueOf: (line: CostLine) => bigint): bigint {
  const byDay = new Map<Day, bigint>();
  for (const line of lines) byDay.set(line.day, valueOf(line));
  return [...byDay.values()].reduce((sum, value) => sum + value, 0n);
}

/** Whether the formula gives the share to the cent: then it is printed as one. A sum of daily shares that it does not give says so. */
function gives(part: bigint, whole: bigint, cost: { part: bigint; whole: bigint }): boolean {
  if (whole === 0n || cost.whole === 0n) return false;
  const difference = (part * cost.whole) / whole - cost.part;
  return difference < PICOS_PER_CENT && -difference < PICOS_PER_CENT;
}
