import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTrackRecord } from "@apportion/books/forecast/read-stored";
import { recordKey } from "@apportion/books/forecast/track-record";
import { daysOf } from "@apportion/domain/period";
import { TOPICS } from "@apportion/events/catalogue";
import { closeOctober, costs, failedGates, OCTOBER, readOctober, runs } from "./october.js";
import { billReading, openTestPlatform, publishAll, type TestPlatform } from "./platform.js";

let test: TestPlatform;
beforeAll(async () => {
  test = await openTestPlatform();
});
afterAll(() => test.close());

const onRecord = () =>
  test.rows(
    "SELECT team_id, toString(made_at) AS made_at, toString(as_of) AS as_of, days_ahead, expected FROM forecasts WHERE billing_period = '2026-10' ORDER BY made_at, team_id",
  );

describe("forecasts of the running month", () => {
  it("are put on record when they say something new, and the notifier is told each time", async () => {
    const days = daysOf(OCTOBER).slice(0, 20);
    const readings = days.flatMap((day) => [costs(day), runs(day), billReading(day, "12")]);
    await publishAll(test.log, readings, "2026-10-21T06:00:00Z");
    await test.settle({ now: "2026-10-21T07:00:00Z" });
    await test.advise({ now: "2026-10-21T08:00:00Z" });
    const first = await onRecord();
    expect(first.map(({ team_id, as_of, days_ahead }) => [team_id, as_of, days_ahead])).toEqual(
      ["a", "b", "c"].map((team) => [team, "2026-10-20", 11]),
    );
    // Something was sealed again, and is what it was.
    await publishAll(test.log, [costs("2026-10-20", "10.5")], "2026-10-21T09:00:00Z");
    await publishAll(test.log, [costs("2026-10-20")], "2026-10-21T10:00:00Z");
    await test.settle({ now: "2026-10-21T11:00:00Z" });
    await test.advise({ now: "2026-10-21T12:00:00Z" });
    expect(await onRecord()).toEqual(first);
    expect((await test.log.ends(TOPICS.advice.name)).map(({ offset }) => offset)).toEqual(["2"]);
  });

  it("are judged by what was posted when it is closed, and nothing is said of a month that is over", async () => {
    const before = await onRecord();
    await readOctober(test); // on 10 November
    await test.advise({ now: "2026-11-10T08:00:00Z" });
    expect(await onRecord()).toEqual(before);
    expect(await test.rows("SELECT * FROM forecast_errors")).toEqual([]);
    expect(failedGates(await closeOctober(test))).toEqual([]);
    const judged = await test.rows(
      "SELECT team_id, toString(made_on) AS made_on, days_ahead, posted, abs(error) < 0.01 AS right, error_percent, within_interval FROM forecast_errors ORDER BY team_id",
    );
    const posted = await test.rows(
      "SELECT team_id, sum(signed_amount) AS posted FROM posted_entries WHERE account = 'team' GROUP BY team_id ORDER BY team_id",
    );
    // Team c was expected to cost nothing, and has no statement.
    expect(judged).toEqual(
      [
        ...posted.map((each) => ({ ...each, error_percent: 0 })),
        { team_id: "c", posted: "0", error_percent: null },
      ].map((statement) => ({
        ...statement,
        made_on: "2026-10-21",
        days_ahead: 11,
        right: 1,
        within_interval: true,
      })),
    );
    const record = await readTrackRecord(test.clickhouse);
    expect(record.get(recordKey("a", 1))).toEqual({ months: 1, medianErrorPercent: 0 });
  });
});
