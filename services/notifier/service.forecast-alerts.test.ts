import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addDays, type Day, daysOf, parseBillingPeriod, parseDay } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { OCTOBER, runs } from "@apportion/pipeline/october";
import { publishAll, registryWith } from "@apportion/pipeline/platform";
import {
  openTestPlatform,
  runUntilCaughtUp,
  teamSection,
  type TestPlatform,
  worked,
} from "./testing/platform.js";

const NOVEMBER = parseBillingPeriod("2026-11");

let test: TestPlatform;
beforeAll(async () => {
  test = await openTestPlatform();
});
afterAll(() => test.close());

/** Of a cluster that is on no bill, so that a day is settled once it was read. */
const withBudget = (amount: string): Registry =>
  registryWith({
    teams: [teamSection("search", { budgets: [{ from: NOVEMBER, amount }] })],
    clusters: [{ id: "one", account: "none" }],
  });
/** About 10 a day; no two days of a week alike. */
const usual = (day: Day): string => (10 + ((Date.parse(day) / 86_400_000) % 5) * 0.2 - 0.4).toFixed(2);

async function read(days: readonly Day[], now: string, costOf: (day: Day) => string = usual): Promise<void> {
  const readings = days.flatMap((day) => [worked(day, { search: costOf(day) }), runs(day, { search: 1 })]);
  await publishAll(test.log, readings, now);
}

/** What was read is allocated, forecast, and said, however often one looks. */
async function subjectsAt(now: string, registry: Registry): Promise<string[]> {
  await test.settle({ now, registry });
  await test.advise({ now, registry });
  await runUntilCaughtUp(test, test.notifier({ now, registry }));
  await test.notifier({ now, registry }).sendAdvice([]);
  return test.subjects();
}

const upTo = (first: string, last: string): Day[] => {
  const days: Day[] = [];
  for (let day = parseDay(first); day <= last; day = addDays(day, 1)) days.push(day);
  return days;
};

describe("forecast alerts", () => {
  it("say once that a budget will be passed, and when; take it back once, and say it again", async () => {
    await read([...daysOf(OCTOBER), ...upTo("2026-11-01", "2026-11-10")], "2026-11-11T06:00:00Z");
    // A budget that is enough is not spoken of.
    expect(await subjectsAt("2026-11-11T06:00:00Z", withBudget("400.00"))).toEqual([]);
    const budget = withBudget("285.00");
    await read(upTo("2026-11-11", "2026-11-11"), "2026-11-12T06:00:00Z");
    expect(await subjectsAt("2026-11-12T06:00:00Z", budget)).toEqual([
      "search: forecast to pass its budget about 29 Nov 2026",
    ]);
    await read(upTo("2026-11-12", "2026-11-12"), "2026-11-13T06:00:00Z");
    expect(await subjectsAt("2026-11-13T06:00:00Z", budget)).toEqual([]);
    // The team acts on it.
    await read(upTo("2026-11-13", "2026-11-20"), "2026-11-21T06:00:00Z", () => "4.00");
    expect(await subjectsAt("2026-11-21T06:00:00Z", budget)).toEqual([
      "search: no longer expected to pass its budget of November 2026",
    ]);
    const keys = await test.rows("SELECT delivery_key, spent > 285 AS over FROM deliveries ORDER BY sent_at");
    expect(keys).toEqual([
      { delivery_key: "forecast-alert/2026-11/search/100/2026-11@285.00/0", over: 1 },
      { delivery_key: "forecast-alert-withdrawal/2026-11/search/100/2026-11@285.00/0", over: 0 },
    ]);
  });

  it("are taken back at the latest when the month is over and settled, and none are made of its last month's days alone", async () => {
    const budget = registryWith({
      teams: [
        teamSection("search", {
          budgets: [
            { from: NOVEMBER, amount: "160.00" },
            { from: parseBillingPeriod("2026-12"), amount: "100.00" },
          ],
        }),
      ],
      clusters: [{ id: "one", account: "none" }],
    });
    await read(upTo("2026-11-01", "2026-11-20"), "2026-11-21T06:00:00Z", () => "6.00");
    expect(await subjectsAt("2026-11-21T06:00:00Z", budget)).toEqual([
      expect.stringMatching(/^search: forecast to pass its budget about 2\d Nov 2026$/),
    ]);
    await read(upTo("2026-11-21", "2026-11-30"), "2026-12-01T06:00:00Z", () => "1.00");
    expect(await subjectsAt("2026-12-01T06:00:00Z", budget)).toEqual([
      "search: did not pass its budget of November 2026",
    ]);
    expect(await subjectsAt("2026-12-01T07:00:00Z", budget)).toEqual([]);
  });
});
