import { describe, expect, it } from "vitest";
import type { Finality } from "@apportion/domain/facts";
import { type Day, parseDay } from "@apportion/domain/period";
import { closedMonthsDays, type LookbackConfig, recentDays } from "./days-to-read.js";

const BILL: LookbackConfig = { lookbackDays: 10, readsBill: true, closedMonths: { days: 90 } };
const TODAY = parseDay("2026-11-24");
const nothingRead = (): undefined => undefined;
const ends = (days: readonly Day[]): unknown[] => [days[0], days.at(-1), days.length];

describe("days that a schedule reads", () => {
  it("are the last ones, and of the bill all since the previous month began, which is estimated until its invoice", () => {
    expect(ends(recentDays({ ...BILL, readsBill: false }, TODAY, nothingRead))).toEqual([
      "2026-11-15",
      "2026-11-24",
      10,
    ]);
    expect(ends(recentDays(BILL, TODAY, nothingRead))).toEqual(["2026-10-01", "2026-11-24", 55]);
    expect(recentDays(BILL, parseDay("2026-12-01"), nothingRead)[0]).toBe("2026-11-01");
    expect(recentDays({ ...BILL, lookbackDays: 90 }, TODAY, nothingRead)).toHaveLength(90);
  });

  it("are also those of the bill that were read but are not final, and those in between that were not read", () => {
    const known = new Map<string, Finality>([
      ["2026-09-26", "final"],
      ["2026-09-27", "provisional"],
      ["2026-09-29", "final"],
      ["2026-09-30", "final"],
    ]);
    const days = recentDays(BILL, TODAY, (day) => known.get(day));
    expect(days.slice(0, 3)).toEqual(["2026-09-27", "2026-09-28", "2026-10-01"]);
    const of = (config: LookbackConfig): Day | undefined =>
      recentDays(config, TODAY, (day) => known.get(day))[0];
    expect(of({ ...BILL, closedMonths: { days: 0 } })).toBe("2026-10-01");
  });

  it("are for a while those of closed months, whole months of them, and none that the other schedule reads", () => {
    expect(ends(closedMonthsDays(BILL, TODAY))).toEqual(["2026-08-01", "2026-09-30", 61]);
    expect(ends(closedMonthsDays({ ...BILL, readsBill: false, lookbackDays: 4 }, TODAY))).toEqual([
      "2026-08-01",
      "2026-11-20",
      112,
    ]);
    expect(closedMonthsDays({ ...BILL, closedMonths: { days: 0 } }, TODAY)).toEqual([]);
  });
});
