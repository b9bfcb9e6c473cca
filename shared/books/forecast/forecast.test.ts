import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { addDays, type Day, daysBetween, parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { passingOf } from "./budget-day.js";
import type { DailyCost } from "./daily-series.js";
import { type Forecast, type ForecastInput, forecastOf } from "./forecast.js";

const NOVEMBER = parseBillingPeriod("2026-11");
const day = (text: string): Day => parseDay(text);
const cost = (of: Day, amount: string, line = ""): DailyCost => ({
  day: of,
  picos: parsePicos(amount),
  line,
});
const weekday = (of: Day): number => new Date(of).getUTCDay();

/** Days of [from, to) that cost what `amountOf` says. */
function input(
  from: string,
  to: string,
  amountOf: (of: Day, index: number) => number,
  overrides: Partial<ForecastInput> = {},
): ForecastInput {
  const settled = daysBetween(day(from), day(to));
  const costs = settled.map((of, index) => cost(of, amountOf(of, index).toFixed(6)));
  const spent = costs.reduce((sum, each) => sum + (each.day >= "2026-11-01" ? each.picos : 0n), 0n);
  return { period: NOVEMBER, settled, costs, spent, restated: [], ...overrides };
}

function expected(of: ForecastInput): Forecast {
  const found = forecastOf(of);
  if (found?.kind !== "forecast") throw new Error(`No forecast: ${JSON.stringify(found?.reason)}`);
  return found;
}
const units = (picos: bigint): number => Number(picos) / 1e12;
const noise = (index: number): number => ((index * 7919) % 13) / 13 - 0.5;
const working = (of: Day): number => (weekday(of) % 6 === 0 ? 50 : 100);
const kinds = (of: ForecastInput): string[] => forecastOf(of)?.notes.map(({ kind }) => kind) ?? [];

describe("a forecast", () => {
  it("of days that cost the same is exact, to the last of twelve places, with an interval of nothing", () => {
    const settled = daysBetween(day("2026-11-01"), day("2026-11-11"));
    const costs = settled.map((of) => cost(of, "123456.789012345678"));
    const found = expected({ period: NOVEMBER, settled, costs, spent: 0n, restated: [] });
    expect([found.picos, found.low, found.high].map(formatPicos)).toEqual(
      Array.from({ length: 3 }, () => "3703703.67037037034"),
    );
    expect(found).toMatchObject({ method: "same", asOf: "2026-11-10", days: 10, notes: [] });
  });

  it("knows weekdays: a week that ends on Friday does not make the weekend dear", () => {
    const found = expected(input("2026-09-01", "2026-11-28", working));
    const november = daysBetween(day("2026-11-01"), day("2026-12-01")).reduce(
      (sum, of) => sum + working(of),
      0,
    );
    expect(units(found.picos)).toBeCloseTo(november, 6);
  });

  it("is none before there is a week, and none that says so of a month that is whole or not begun", () => {
    expect(forecastOf(input("2026-11-01", "2026-11-04", () => 10))).toEqual({
      kind: "none",
      reason: { kind: "too-few-days", days: 3, daysMin: 7 },
      notes: [],
    });
    expect(forecastOf(input("2026-11-01", "2026-12-01", () => 10))).toBeUndefined();
    expect(forecastOf(input("2026-11-01", "2026-11-01", () => 10))).toBeUndefined();
  });

  it("is none where it would be as wrong as it has been", () => {
    const wild = input("2026-09-01", "2026-11-11", (_, index) => (index % 23 === 5 ? 9_000 : 10));
    expect(forecastOf(wild)).toMatchObject({
      kind: "none",
      reason: { kind: "too-wrong", errorPercentMax: 25 },
    });
  });

  it("of a team without cost is nothing, and says why", () => {
    const found = expected(input("2026-10-01", "2026-11-11", () => 0));
    expect([found.picos, found.low, found.high]).toEqual([0n, 0n, 0n]);
    expect(found.notes).toEqual([{ kind: "no-cost" }]);
  });

  it("is not below what is spent, though that is on days that are not settled", () => {
    const found = expected(input("2026-10-01", "2026-11-25", () => 1, { spent: parsePicos("500") }));
    expect([found.picos, found.low, found.high].map(formatPicos)).toEqual(["500", "500", "500"]);
  });

  it("can be below what is spent where there are credits", () => {
    const credited = (of: Day): number => (of === "2026-11-02" ? -300 : working(of));
    const found = expected(input("2026-09-01", "2026-11-21", credited, { spent: parsePicos("5000") }));
    expect(units(found.low)).toBeLessThan(5000);
    expect(kinds(input("2026-09-01", "2026-11-21", credited))).toEqual(["credits"]);
    const below = expected(input("2026-09-01", "2026-11-21", (of, index) => -working(of) + noise(index)));
    expect(below.picos).toBeLessThan(0n);
    expect(below.low <= below.picos && below.picos <= below.high).toBe(true);
  });

  it("takes a fee of the calendar for known: not spread over days, and added where it is due", () => {
    const withFee = (last: string): ForecastInput => {
      const { costs, ...plain } = input("2026-08-15", last, working);
      const fees = ["2026-09-20", "2026-10-20", "2026-11-20"].map((of) => cost(day(of), "900", "support"));
      return { ...plain, costs: [...costs, ...fees.filter((fee) => plain.settled.includes(fee.day))] };
    };
    const month = daysBetween(day("2026-11-01"), day("2026-12-01")).reduce(
      (sum, of) => sum + working(of),
      900,
    );
    const before = expected(withFee("2026-11-11"));
    expect(units(before.picos)).toBeCloseTo(month, 6);
    expect(before.notes).toEqual([
      { kind: "fee", day: "2026-11-20", line: "support", picos: parsePicos("900") },
    ]);
    const after = expected(withFee("2026-11-25"));
    expect(units(after.picos)).toBeCloseTo(month, 6);
    expect(after.notes).toEqual([]);
  });

  it("does not expect a fee once more that came early", () => {
    const plain = input("2026-08-15", "2026-11-11", working);
    const paid = ["2026-09-20", "2026-10-20", "2026-11-08"].map((of) => cost(day(of), "900", "support"));
    const found = expected({ ...plain, costs: [...plain.costs, ...paid] });
    expect(units(found.picos - expected(plain).picos)).toBeCloseTo(900, 6);
    expect(found.notes).toEqual([]);
  });

  it("follows a step of the level, and names it", () => {
    const stepped = (of: Day, index: number): number =>
      (of < "2026-10-28" ? 1 : 2) * working(of) + noise(index);
    const found = expected(input("2026-09-01", "2026-11-16", stepped));
    const month = daysBetween(day("2026-11-01"), day("2026-12-01")).reduce(
      (sum, of) => sum + 2 * working(of),
      0,
    );
    expect(Math.abs(units(found.picos) - month) / month).toBeLessThan(0.02);
    expect(found.notes).toMatchObject([{ kind: "step", day: "2026-10-28" }]);
  });

  it("fills gaps by their weekday, counts them as estimated, and names them", () => {
    const whole = input("2026-09-01", "2026-11-21", working);
    const missing = ["2026-11-07", "2026-11-09"];
    const gappy = { ...whole, settled: whole.settled.filter((of) => !missing.includes(of)) };
    expect(expected(gappy).picos).toBe(expected(whole).picos);
    expect(kinds(gappy)).toEqual(["gaps"]);
    expect(expected(gappy)).toMatchObject({ days: 79, notes: [{ days: missing }] });
  });

  it("of a month of which one day in the middle is missing is of that day", () => {
    const whole = input("2026-09-01", "2026-12-01", working);
    const found = expected({ ...whole, settled: whole.settled.filter((of) => of !== "2026-11-11") });
    expect(units(found.picos)).toBeCloseTo(units(whole.spent), 6);
    expect(found.ahead).toEqual([]);
  });

  it("names restated days, a team that is new, and what its interval is made of while that is little", () => {
    const restated = [day("2026-11-03"), day("2026-07-01")];
    const young = input(
      "2026-11-01",
      "2026-11-15",
      (of, index) => (of < "2026-11-04" ? 0 : 100 + noise(index)),
      {
        restated,
      },
    );
    expect(forecastOf(young)?.notes).toEqual([
      { kind: "new-team", since: "2026-11-04" },
      { kind: "few-errors", tried: 0, ahead: 16 },
    ]);
    const older = input("2026-10-01", "2026-11-15", (_, index) => 100 + noise(index), { restated });
    expect(forecastOf(older)?.notes).toEqual([{ kind: "restated", days: ["2026-11-03"] }]);
  });

  it("of the first days of a month rests on those before it", () => {
    const found = expected(input("2026-09-01", "2026-10-29", working));
    const month = daysBetween(day("2026-11-01"), day("2026-12-01")).reduce((sum, of) => sum + working(of), 0);
    expect(units(found.picos)).toBeCloseTo(month, 6);
    expect(found.ahead.at(-1)?.day).toBe("2026-11-30");
    const young = input("2026-10-01", "2026-10-29", (of, index) => working(of) + noise(index));
    expect(forecastOf(young)?.notes).toEqual([{ kind: "few-errors", tried: 7, ahead: 33 }]); // three of October besides
  });

  it("has no day below zero where none was, however costs fall", () => {
    const falling = (of: Day, index: number): number =>
      Math.max(0, 150 - 1.7 * index + (weekday(of) % 6 === 0 ? -29 : 1));
    const { ahead, method } = expected(input("2026-09-01", "2026-11-21", falling));
    expect(method).toBe("holt-winters");
    for (const [index, { picos }] of ahead.entries())
      expect(picos >= (ahead[index - 1]?.picos ?? 0n)).toBe(true);
  });

  it("looks back 92 days", () => {
    expect(expected(input("2026-04-01", "2026-11-11", working)).days).toBe(92);
  });
});

describe("the day on which a budget is passed", () => {
  const found = expected(input("2026-09-01", "2026-11-11", (of, index) => working(of) + 20 * noise(index)));
  it("lies between the days of the interval's ends", () => {
    const passing = passingOf(found, found.picos - parsePicos("700"));
    const days = [passing?.earliest, passing?.on, passing?.latest].map((each) => each ?? "never");
    expect(days).not.toContain("never");
    expect(days).toEqual(days.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(days[0]).not.toBe(days[2]);
  });

  it("is open where the interval's lower end stays below, and none where all of it does", () => {
    const between = passingOf(found, (found.picos + found.high) / 2n);
    expect(between).toEqual({
      on: undefined,
      earliest: expect.stringMatching(/^2026-11-/),
      latest: undefined,
    });
    expect(passingOf(found, found.high + 1n)).toBeUndefined();
  });
});

describe("whatever the days are", () => {
  const anyCost = fc.oneof(
    fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
    fc.constantFrom(0n, 1n, -1n, 10n ** 20n),
  );
  const anyInput = fc
    .record({
      first: fc.integer({ min: -95, max: 10 }),
      length: fc.integer({ min: 0, max: 110 }),
      picos: fc.array(anyCost, { minLength: 1, maxLength: 120 }),
      gaps: fc.uniqueArray(fc.integer({ min: 0, max: 110 }), { maxLength: 20 }),
      spent: fc.bigInt({ min: 0n, max: 10n ** 19n }),
      lines: fc.constantFrom("", "fee"),
    })
    .map(({ first, length, picos, gaps, spent, lines }): ForecastInput => {
      const from = addDays(day("2026-11-01"), first);
      const settled = daysBetween(from, addDays(from, length)).filter((_, index) => !gaps.includes(index));
      const costs = settled.map((of, index) => ({
        day: of,
        line: lines,
        picos: picos[index % picos.length] ?? 0n,
      }));
      return { period: NOVEMBER, settled, costs, spent, restated: [] };
    });
  const anyCosts = anyInput.map((given): ForecastInput => ({
    ...given,
    costs: given.costs.map((each) => ({ ...each, picos: each.picos < 0n ? -each.picos : each.picos })),
  }));
  const runs = { numRuns: 150 };

  it("the interval holds the forecast, and amounts are amounts", () => {
    fc.assert(
      fc.property(fc.oneof(anyInput, anyCosts), (given) => {
        const found = forecastOf(given);
        if (found?.kind !== "forecast") return;
        for (const { picos, low, high } of [found, ...found.ahead])
          expect(low <= picos && picos <= high).toBe(true);
        const hasCredits = given.costs.some(({ picos }) => picos < 0n);
        for (const [index, { picos }] of found.ahead.entries())
          expect(hasCredits || picos >= (found.ahead[index - 1]?.picos ?? given.spent)).toBe(true);
        expect(JSON.stringify(found, (_, value) => (typeof value === "bigint" ? "" : value))).not.toMatch(
          /null|NaN/,
        );
      }),
      runs,
    );
  });

  it("their order does not matter", () => {
    fc.assert(
      fc.property(anyInput, (given) => {
        const turned = { ...given, settled: given.settled.toReversed(), costs: given.costs.toReversed() };
        expect(forecastOf(turned)).toEqual(forecastOf(given));
      }),
      runs,
    );
  });

  it("equal ones are forecast exactly", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 22n }),
        fc.integer({ min: 7, max: 29 }),
        (picos, count) => {
          const settled = daysBetween(day("2026-11-01"), addDays(day("2026-11-01"), count));
          const costs = settled.map((of) => ({ day: of, picos, line: "" }));
          const found = expected({ period: NOVEMBER, settled, costs, spent: picos, restated: [] });
          expect([found.low, found.picos, found.high]).toEqual([picos * 30n, picos * 30n, picos * 30n]);
        },
      ),
      runs,
    );
  });
});
