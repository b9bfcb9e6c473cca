import { expect, it } from "vitest";
import { addDays, daysOf, parseBillingPeriod } from "@apportion/domain/period";
import type { DayRun } from "../months/month.js";
import { comparedDays } from "./compared-days.js";

/** A month with runs of the days of these numbers; those that are not over yet are negative. */
function month(period: string, ...numbers: readonly number[]) {
  const of = parseBillingPeriod(period);
  const [first] = daysOf(of);
  if (first === undefined) throw new Error("A month has days");
  const days = numbers.map((number): DayRun => {
    const day = addDays(first, Math.abs(number) - 1);
    return { day, runId: day, missing: [], elapsed: number > 0, collected: 0n, allocated: 0n };
  });
  return { period: of, days };
}
const range = (to: number): number[] => Array.from({ length: to }, (_, at) => at + 1);

const compared = (...[before, after]: readonly [ReturnType<typeof month>, ReturnType<typeof month>]) => {
  const found = comparedDays(before, after);
  const numbers = ({ days }: (typeof found)["before"]) => days.map(({ day }) => Number(day.slice(8)));
  return {
    ...found,
    before: numbers(found.before),
    after: numbers(found.after),
    leftOut: [found.before.leftOut.length, found.after.leftOut.length],
  };
};

it("whole months are compared whole, however long they are", () => {
  expect(compared(month("2026-02", ...range(28)), month("2026-03", ...range(31)))).toEqual({
    isWhole: true,
    before: range(28),
    after: range(31),
    leftOut: [0, 0],
  });
});

it("a month that is not over is compared with as many days of the other, without the day that goes on", () => {
  expect(compared(month("2026-10", ...range(31)), month("2026-11", 1, 2, -3))).toEqual({
    isWhole: false,
    before: [1, 2],
    after: [1, 2],
    leftOut: [29, 1],
  });
});

it("a day of which nothing is known is left out of both", () => {
  expect(compared(month("2026-10", 1, 3, 4), month("2026-11", 1, 2, 3))).toMatchObject({
    before: [1, 3],
    after: [1, 3],
    leftOut: [1, 1],
  });
  expect(compared(month("2026-10", 1), month("2026-11", 2))).toMatchObject({ before: [], after: [] });
});
