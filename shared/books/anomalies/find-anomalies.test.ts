import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Category } from "@apportion/domain/category";
import { addDays, type Day, daysBetween, parseBillingPeriod, parseDay } from "@apportion/domain/period";
import {
  findAnomalies,
  type Found,
  type PlaceChurn,
  type SeriesInput,
  type TeamCosts,
} from "./find-anomalies.js";
import { type Mark, markOf } from "./marks.js";

const FIRST = parseDay("2026-08-01");
const NOVEMBER = parseBillingPeriod("2026-11");
const SETTLED = daysBetween(FIRST, parseDay("2026-12-01"));
const FLOORS = { atLeast: "50", atLeastPercent: 30 };

const costs = (of: (day: Day) => number, given: Partial<TeamCosts> = {}): TeamCosts => ({
  team: "a",
  category: "cpu",
  line: "",
  days: SETTLED.map((day) => [day, of(day)] as const).filter(([, amount]) => amount !== 0),
  ...given,
});
const found = (given: Partial<SeriesInput>): Found[] =>
  findAnomalies({ period: NOVEMBER, settled: SETTLED, costs: [], churn: [], floors: FLOORS, ...given });
const told = (anomalies: readonly Found[]): string[] =>
  anomalies.map(({ team, category, day, direction }) => `${day.slice(5)} ${team} ${category} ${direction}`);
const on =
  (when: string, amount: number, usual = 0) =>
  (day: Day): number =>
    day.endsWith(when) ? amount : usual;

describe("a month's anomalies", () => {
  it("are days of a team and category, above and below, with what was expected and a day to compare with", () => {
    const anomalies = found({
      costs: [
        costs(on("11-20", 300, 100)),
        costs(on("11-13", 0, 200), { category: "gpu" }),
        costs(on("11-20", 130, 100), { team: "b" }),
      ],
    });
    expect(told(anomalies)).toEqual(["11-13 a gpu below", "11-20 a cpu above"]);
    expect(anomalies[1]).toMatchObject({
      expected: 100n * 10n ** 12n,
      low: 100n * 10n ** 12n,
      high: 100n * 10n ** 12n,
      against: "2026-11-13",
    });
    expect(new Set(anomalies.map(({ id }) => id)).size).toBe(2);
    const twice = (day: Day): number => (day.endsWith("11-13") ? 300 : day.endsWith("11-20") ? 0 : 100);
    expect(found({ costs: [costs(twice)] }).map(({ against }) => against)).toEqual([
      "2026-11-06",
      "2026-11-06",
    ]);
  });

  it("are compared with a day that was otherwise, and not said where there is none", () => {
    const peakUntil =
      (last: string) =>
      (day: Day): number =>
        day >= "2026-11-02" && day <= `2026-11-${last}` ? 300 : 100;
    const of = (last: string): unknown[] =>
      found({ costs: [costs(peakUntil(last))] }).map(({ day, direction, against }) => [
        day.slice(8),
        direction,
        against.slice(5),
      ]);
    const began = ["02", "above", "10-26"];
    expect(["05", "06", "07", "08"].map(of)).toEqual([[began], [began], [began], [began]]);
    // From the second week on it is a level, and its end a change: from the last day of it, as a week before no day was yet as expected.
    expect(of("11")).toEqual([began, ["12", "below", "11-11"]]);
    expect(of("20")).toEqual([began, ["21", "below", "11-14"]]);
  });

  it("are not of the months before, nor of a team that is new, but of a category that is", () => {
    expect(told(found({ costs: [costs(on("10-20", 300, 100))] }))).toEqual([]);
    const began =
      (when: string) =>
      (day: Day): number =>
        day >= `2026-11-${when}` ? 500 : 0;
    expect(told(found({ costs: [costs(began("10"))] }))).toEqual([]);
    expect(told(found({ costs: [costs(() => 100), costs(began("10"), { category: "gpu" })] }))).toEqual([
      "11-10 a gpu above",
    ]);
  });

  it("are no fees of the calendar, but one that is another than before", () => {
    const support = (ofNovember: number): TeamCosts =>
      costs((day) => (day.endsWith("-20") ? (day.startsWith("2026-11") ? ofNovember : 400) : 0), {
        line: "cpu, support",
      });
    const usual = costs(() => 100);
    expect(told(found({ costs: [usual, support(400)] }))).toEqual([]);
    const [raised] = found({ costs: [usual, support(600)] });
    expect(raised).toMatchObject({ day: "2026-11-20", direction: "above", expected: 500n * 10n ** 12n });
    expect(told(found({ costs: [usual, support(0)] }))).toEqual([]);
  });

  it("are a fee that comes a second time, and what its day is does not depend on that", () => {
    const usual = costs(() => 100);
    const chargedOn =
      (...days: string[]) =>
      (day: Day): number =>
        (day.startsWith("2026-11") ? days.includes(day.slice(8)) : day.endsWith("-03")) ? 400 : 0;
    const support = (...days: string[]): Found[] =>
      found({ costs: [usual, costs(chargedOn(...days), { line: "cpu, support" })] });
    expect(support("03")).toEqual([]);
    expect(told(support("03", "10"))).toEqual(["11-10 a cpu above"]);
    // Not with the 3rd, which cost as much.
    expect(support("03", "10")).toMatchObject([{ expected: 100n * 10n ** 12n, against: "2026-10-27" }]);
    // Late, it is still the fee; early, it is what nobody expected of that day.
    expect(told(support("05"))).toEqual([]);
    expect(told(support("05", "12"))).toEqual(["11-12 a cpu above"]);
    expect(told(support("02", "03"))).toEqual(["11-02 a cpu above"]);
  });

  it("are also days on which what came made up for what went, but not where it does every day", () => {
    const churn = (of: (day: Day) => readonly [more: number, less: number]): PlaceChurn => ({
      category: "cpu",
      teams: ["a"],
      days: SETTLED.slice(1).map((day) => [day, ...of(day)] as const),
    });
    const swapped = churn((day) => (day === "2026-11-20" ? [500, 500] : [2, 3]));
    expect(told(found({ costs: [costs(() => 800)], churn: [swapped] }))).toEqual(["11-20 a cpu within"]);
    // Jobs that have another name each day.
    const renamed = churn(() => [500, 500]);
    expect(told(found({ costs: [costs(() => 800)], churn: [renamed] }))).toEqual([]);
    // A peak goes as it came: that it is over is no second anomaly.
    const peak = churn((day) => (day === "2026-11-20" ? [500, 0] : day === "2026-11-21" ? [0, 500] : [0, 0]));
    expect(told(found({ costs: [costs(on("11-20", 1300, 800))], churn: [peak] }))).toEqual([
      "11-20 a cpu above",
    ]);
    expect(told(found({ costs: [costs(() => 2000)], churn: [swapped] }))).toEqual([]);
  });

  it("are no exchange on the day after one that is not settled: what that changed, nobody knows", () => {
    const days = SETTLED.slice(1).map((day) => {
      const moved = day === "2026-11-20" ? 500 : 2;
      return [day, moved, moved] as const;
    });
    const churn: PlaceChurn[] = [{ category: "cpu", teams: ["a"], days }];
    const without = (gap: string): string[] =>
      told(found({ settled: SETTLED.filter((day) => !day.endsWith(gap)), costs: [costs(() => 800)], churn }));
    expect([without("11-18"), without("11-19"), without("11-20")]).toEqual([["11-20 a cpu within"], [], []]);
  });

  it("are none where there is nothing, or three days", () => {
    expect(found({ settled: [], costs: [costs(() => 100)] })).toEqual([]);
    expect(found({ costs: [costs(() => 0)] })).toEqual([]);
    expect(found({ settled: SETTLED.slice(-3), costs: [costs(on("11-30", 900, 100))] })).toEqual([]);
  });
});

const amounts = fc.array(fc.integer({ min: -300, max: 900 }), {
  minLength: SETTLED.length,
  maxLength: SETTLED.length,
});
const isSettled = fc.array(fc.boolean(), { minLength: SETTLED.length, maxLength: SETTLED.length });
const platform = fc.record({
  level: fc.integer({ min: 0, max: 900 }),
  noise: amounts,
  other: amounts,
  isSettled,
});

function inputOf({
  level,
  noise,
  other,
  isSettled: known,
}: typeof platform extends fc.Arbitrary<infer P> ? P : never): Pick<
  SeriesInput,
  "settled" | "costs" | "churn"
> {
  const at = (day: Day): number => SETTLED.indexOf(day);
  return {
    settled: SETTLED.filter((day) => known[at(day)] === true),
    costs: [
      costs((day) => level + ((noise[at(day)] ?? 0) > 700 ? 800 : (noise[at(day)] ?? 0) / 20)),
      costs((day) => other[at(day)] ?? 0, { category: "gpu", team: "b" }),
    ],
    churn: [
      {
        category: "cpu",
        teams: ["a", "b"],
        days: SETTLED.map(
          (day) => [day, Math.abs(noise[at(day)] ?? 0), Math.abs(other[at(day)] ?? 0)] as const,
        ),
      },
    ],
  };
}

describe("whatever days are like", () => {
  it("no day is said that is not settled, none compared with one that is not, and none that is within a floor or its interval", () => {
    fc.assert(
      fc.property(platform, (given) => {
        const input = inputOf(given);
        for (const { team, day, against, direction, low, high, expected } of found(input)) {
          expect(input.settled).toContain(day);
          expect(input.settled).toContain(against);
          expect(against < day).toBe(true);
          expect(low <= expected && expected <= high).toBe(true);
          if (direction === "within" || team !== "b") continue;
          const cost = given.other[SETTLED.indexOf(day)] ?? 0;
          const usual = Number(expected) / 1e12;
          const off = Math.abs(cost - usual) + 1e-6;
          expect(off >= 50 && off >= 0.3 * Math.abs(usual)).toBe(true);
          expect(off >= Number(high - expected) / 1e12).toBe(true);
          expect(direction).toBe(cost > usual ? "above" : "below");
        }
      }),
      { numRuns: 40 },
    );
  });

  it("the order in which days and teams came does not matter", () => {
    fc.assert(
      fc.property(platform, fc.infiniteStream(fc.nat()), (given, order) => {
        const shuffled = <T>(items: readonly T[]): T[] => {
          const keys = items.map((item) => [order.next().value as number, item] as const);
          return keys.toSorted(([a], [b]) => a - b).map(([, item]) => item);
        };
        const input = inputOf(given);
        const other = {
          ...input,
          costs: shuffled(input.costs.map((each) => ({ ...each, days: shuffled(each.days) }))),
          churn: input.churn.map((each) => ({ ...each, days: shuffled(each.days) })),
        };
        expect(found(other)).toEqual(found(input));
      }),
      { numRuns: 30 },
    );
  });

  it("what comes later changes nothing of what was said", () => {
    fc.assert(
      fc.property(platform, fc.integer({ min: 1, max: 30 }), (given, back) => {
        const input = inputOf(given);
        const until = addDays(parseDay("2026-12-01"), -back);
        const then = found({ ...input, settled: input.settled.filter((day) => day < until) });
        expect(then).toEqual(found(input).filter(({ day }) => day < until));
      }),
      { numRuns: 40 },
    );
  });
});

describe("a mark", () => {
  const anomaly = {
    id: "1",
    team: "a",
    category: "cpu" as Category,
    day: parseDay("2026-11-20"),
    direction: "above" as const,
  };
  const mark = (given: Partial<Mark>): Mark => ({
    ...anomaly,
    by: "ann",
    reason: "",
    at: "",
    until: undefined,
    ...given,
  });

  it("is of one anomaly, or of the like until a day, and not of what a restatement turned round", () => {
    const earlier = { id: "0", day: parseDay("2026-11-18") };
    const until = parseDay("2026-11-21");
    const isMarked = (given: Partial<Mark>): boolean => markOf(anomaly, [mark(given)]) !== undefined;
    expect(isMarked({})).toBe(true);
    expect(isMarked({ direction: "below" })).toBe(false);
    expect(isMarked(earlier)).toBe(false);
    expect(isMarked({ ...earlier, until })).toBe(true);
    expect(isMarked({ ...earlier, until: anomaly.day })).toBe(false);
    expect(isMarked({ ...earlier, until, category: "gpu" })).toBe(false);
    expect(isMarked({ ...earlier, until, team: "b" })).toBe(false);
    expect(isMarked({ id: "2", day: parseDay("2026-11-22"), until: parseDay("2026-12-01") })).toBe(false);
  });
});
