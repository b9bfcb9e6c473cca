import { describe, expect, it } from "vitest";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import {
  alertsDue,
  budgetOf,
  budgetVersion,
  withdrawalsDue,
  crossingsOf,
  dailySpend,
  type DailySpend,
  type Spending,
  type ToldAlert,
} from "./evaluate.js";

const THRESHOLDS = [80, 90, 100];
const NOVEMBER = "2026-11" as BillingPeriod;
const budget = (amount: string): { from: BillingPeriod; amount: string } => ({ from: NOVEMBER, amount });

/** Spending of the first days of November. */
function spend(...amounts: readonly string[]): DailySpend[] {
  return amounts.map((amount, index) => ({
    day: `2026-11-${String(index + 1).padStart(2, "0")}` as Day,
    picos: parsePicos(amount),
  }));
}

const told = (
  thresholdPercent: number,
  crossedOn: string,
  amount: string,
  { episode = 0, corrected = false } = {},
): ToldAlert => ({
  thresholdPercent,
  crossedOn: crossedOn as Day,
  budgetVersion: budgetVersion(budget(amount)),
  episode,
  spent: parsePicos("85"),
  corrected,
});

const due = (
  amount: string,
  counted: readonly DailySpend[],
  earlier: readonly ToldAlert[] = [],
  whenSeen = "0",
): number[] =>
  alertsDue(budget(amount), { counted, whenSeen: parsePicos(whenSeen) }, THRESHOLDS, earlier).map(
    ({ thresholdPercent }) => thresholdPercent,
  );

/** What of a month is to be corrected; `heldBack` comes on top of what counts, on its last day. */
const corrected = (
  counted: readonly DailySpend[],
  earlier: readonly ToldAlert[],
  { heldBack = "0", unsettled = [] as string[], amount = "100", whenSeen = "0" } = {},
): number[] => {
  const all = [...counted, { day: "2026-11-30" as Day, picos: parsePicos(heldBack) }];
  const spending: Spending = {
    counted,
    all,
    whenSeen: parsePicos(whenSeen),
    unsettledDays: new Set(unsettled as Day[]),
  };
  return withdrawalsDue(budget(amount), spending, earlier).map(({ thresholdPercent }) => thresholdPercent);
};

describe("thresholds of a budget", () => {
  it("are crossed on the day on which spending reaches them exactly, and not a picodollar before", () => {
    const daily = spend("79.999999999999", "0.000000000001", "20");
    expect(crossingsOf(parsePicos("100"), daily, THRESHOLDS)).toEqual([
      { thresholdPercent: 80, crossedOn: "2026-11-02" },
      { thresholdPercent: 90, crossedOn: "2026-11-03" },
      { thresholdPercent: 100, crossedOn: "2026-11-03" },
    ]);
  });

  it("are not crossed by nothing, and a budget of zero by the first cost, once", () => {
    expect(due("100", spend("0", "0"))).toEqual([]);
    expect(due("0", spend("0"))).toEqual([]);
    expect(due("0", spend("0", "0.01"))).toEqual([100]);
  });

  it("are not told where a credit took them back before anybody was told, and are of the day that reached them", () => {
    const credited = spend("500", "505", "-185");
    expect(alertsDue(budget("1000"), { counted: credited, whenSeen: 0n }, THRESHOLDS, [])).toEqual([
      { thresholdPercent: 80, crossedOn: "2026-11-02", episode: 0 },
    ]);
    expect(due("1000", spend("500", "505", "-185", "180"))).toEqual([80, 90, 100]);
    const earlier = [told(80, "2026-11-02", "1000"), told(100, "2026-11-02", "1000")];
    expect(due("1000", credited, earlier)).toEqual([]);
    expect(corrected(credited, earlier, { amount: "1000" })).toEqual([]); // what was told was so
  });

  it("are told once for a budget as long as nothing else was said of them, whatever is restated", () => {
    const earlier = [told(80, "2026-11-01", "100")];
    expect(due("100", spend("85"), earlier)).toEqual([]);
    expect(due("100", spend("70"), earlier)).toEqual([]);
    expect(due("100", spend("70", "15"), earlier)).toEqual([]);
    expect(due("100", spend("70", "25"), earlier)).toEqual([90]);
  });

  it("are told again once the mail was corrected, as another episode, and that once too", () => {
    const first = told(80, "2026-11-01", "100", { corrected: true });
    expect(due("100", spend("70"), [first])).toEqual([]);
    expect(
      alertsDue(budget("100"), { counted: spend("70", "15"), whenSeen: 0n }, THRESHOLDS, [first]),
    ).toEqual([{ thresholdPercent: 80, crossedOn: "2026-11-02", episode: 1 }]);
    const second = told(80, "2026-11-02", "100", { episode: 1 });
    expect(due("100", spend("70", "15"), [first, second])).toEqual([]);
    const third = [first, { ...second, corrected: true }];
    expect(alertsDue(budget("100"), { counted: spend("95"), whenSeen: 0n }, [80], third)[0]?.episode).toBe(2);
  });

  it("are told again under a new budget only if it had put them out of reach", () => {
    const earlier = [told(80, "2026-11-01", "1000")];
    const daily = spend("820");
    expect(due("2000", daily, earlier, "820")).toEqual([]);
    expect(due("2000", spend("820", "800"), earlier, "820")).toEqual([80]);
    expect(due("1010", daily, earlier, "820")).toEqual([]); // 80 % is still crossed: nothing new
    expect(due("900", daily, earlier, "820")).toEqual([90]); // 80 % was told, 90 % is new
  });

  it("are not re-armed by a new budget of which they are reached already, whenever they were crossed", () => {
    const earlier = [told(80, "2026-11-01", "1000"), told(90, "2026-11-02", "1000")];
    expect(due("2000", spend("820", "880"), earlier, "1700")).toEqual([]);
    expect(due("2000", spend("820", "880", "100"), earlier, "1700")).toEqual([90]);
  });

  it("are told under a new budget, also when the cost that reaches them is of a day before it came", () => {
    const earlier = [told(80, "2026-11-02", "1000")];
    expect(due("2000", spend("0", "820"), earlier, "820")).toEqual([]);
    expect(due("2000", spend("900", "820"), earlier, "820")).toEqual([80]);
  });

  it("are corrected and told again where a new budget left them reached", () => {
    const earlier = [told(80, "2026-11-01", "1000")];
    const options = { amount: "1010", whenSeen: "820" };
    expect(corrected(spend("820"), earlier, options)).toEqual([]);
    expect(corrected(spend("700"), earlier, options)).toEqual([80]);
    const taken = [told(80, "2026-11-01", "1000", { corrected: true })];
    expect(corrected(spend("700"), taken, options)).toEqual([]);
    expect(due("1010", spend("700", "110"), taken, "820")).toEqual([80]);
  });

  it("are corrected when restated days leave them unreached, once, each by itself", () => {
    const earlier = [told(80, "2026-11-02", "100"), told(90, "2026-11-02", "100")];
    expect(corrected(spend("60", "35"), earlier)).toEqual([]);
    expect(corrected(spend("50", "35"), earlier)).toEqual([90]);
    expect(corrected(spend("40", "35"), earlier)).toEqual([80, 90]);
    expect(corrected(spend("40", "35", "30"), earlier)).toEqual([]); // reached, only later
    const [eighty] = earlier;
    expect(eighty && corrected(spend("40", "35"), [{ ...eighty, corrected: true }])).toEqual([]);
    expect(corrected(spend("40"), [told(80, "2026-11-02", "100", { corrected: true })])).toEqual([]);
  });

  it("are not corrected by what is not known: a day without its readings, costs that are held back", () => {
    const earlier = [told(80, "2026-11-02", "100")];
    const dip = spend("40", "35");
    expect(corrected(dip, earlier, { unsettled: ["2026-11-02"] })).toEqual([]);
    expect(corrected(dip, earlier, { unsettled: ["2026-11-03"] })).toEqual([80]); // after what was told
    expect(corrected(dip, earlier, { unsettled: ["2026-11-03"], heldBack: "4.99" })).toEqual([80]);
    expect(corrected(dip, earlier, { unsettled: ["2026-11-03"], heldBack: "5" })).toEqual([]);
  });

  it("are not corrected when the budget was raised: nothing that was said was wrong", () => {
    expect(corrected(spend("85"), [told(80, "2026-11-01", "100")], { amount: "200" })).toEqual([]);
  });

  it("know one budget by its month and amount, however it is written", () => {
    expect(budgetVersion(budget("1200"))).toBe(budgetVersion(budget("1200.00")));
    expect(budgetVersion(budget("1200.5"))).toBe("2026-11@1200.50");
  });
});

describe("a version of a budget", () => {
  it("has cents, and knows its amount", () => {
    expect(
      ["1200", "1200.5", "1200.05", "01200.00", "0", "0.5"].map((amount) => budgetVersion(budget(amount))),
    ).toEqual([
      "2026-11@1200.00",
      "2026-11@1200.50",
      "2026-11@1200.05",
      "2026-11@1200.00",
      "2026-11@0.00",
      "2026-11@0.50",
    ]);
    expect(formatPicos(budgetOf("2026-11@1200.50"))).toBe("1200.5");
  });
});

describe("spending by day", () => {
  it("is added up for each day, in the order of the days", () => {
    const [first, second, third] = spend("1", "2", "4");
    const lines = [third, first, second, first].flatMap((each) => (each ? [each] : []));
    expect(dailySpend(lines)).toEqual(spend("2", "2", "4"));
    expect(dailySpend([])).toEqual([]);
  });
});

describe("thresholds that were told more than once", () => {
  it("know their last episode, in whatever order they are on record", () => {
    const episodes = [
      told(80, "2026-11-01", "100", { episode: 1, corrected: true }),
      told(80, "2026-11-03", "100", { episode: 2 }),
      told(80, "2026-11-01", "100", { corrected: true }),
    ];
    expect(due("100", spend("85"), episodes)).toEqual([]);
    const corrections = withdrawalsDue(
      budget("100"),
      { counted: spend("1"), all: spend("1"), whenSeen: 0n, unsettledDays: new Set() },
      episodes,
    );
    expect(corrections).toEqual([episodes[1]]);
    const allCorrected = episodes.map((each) => ({ ...each, corrected: true }));
    expect(
      alertsDue(budget("100"), { counted: spend("85"), whenSeen: 0n }, [80], allCorrected.toReversed()),
    ).toEqual([{ thresholdPercent: 80, crossedOn: "2026-11-01", episode: 3 }]);
  });

  it("count episodes of their own budget and their own threshold only", () => {
    const others = [
      told(80, "2026-11-01", "50", { episode: 4 }),
      told(90, "2026-11-01", "100", { episode: 7, corrected: true }),
    ];
    expect(alertsDue(budget("100"), { counted: spend("85"), whenSeen: 0n }, [80], others)).toEqual([
      { thresholdPercent: 80, crossedOn: "2026-11-01", episode: 0 },
    ]);
  });

  it("go by what was told last under an earlier budget", () => {
    const earlier = [
      told(80, "2026-11-01", "50", { corrected: true }),
      told(80, "2026-11-01", "60"),
      told(90, "2026-11-01", "60", { corrected: true }),
    ];
    expect(due("100", spend("95"), earlier, "95")).toEqual([90]);
    expect(due("100", spend("95"), earlier.toReversed(), "95")).toEqual([80, 90]);
  });

  it("hold under a new budget that they had reached to the cent when it came", () => {
    expect(due("100", spend("85"), [told(80, "2026-11-01", "50")], "80")).toEqual([]);
    expect(due("100", spend("85"), [told(80, "2026-11-01", "50")], "79.99")).toEqual([80]);
  });
});

describe("a budget of zero", () => {
  it("names its highest threshold only, and any other all that it is crossed at", () => {
    expect(crossingsOf(0n, spend("0", "1"), THRESHOLDS)).toEqual([
      { thresholdPercent: 100, crossedOn: "2026-11-02" },
    ]);
    expect(
      crossingsOf(1n, spend("0", "1"), THRESHOLDS).map(({ thresholdPercent }) => thresholdPercent),
    ).toEqual(THRESHOLDS);
    expect(crossingsOf(0n, spend("-1"), THRESHOLDS)).toEqual([]);
  });
});
