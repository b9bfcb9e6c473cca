import { afterAll, beforeAll, expect, it } from "vitest";
import { daysBetween, parseDay, type Day } from "@apportion/domain/period";
import { runs } from "@apportion/pipeline/october";
import { publishAll, registryWith } from "@apportion/pipeline/platform";
import {
  openTestPlatform,
  runUntilCaughtUp,
  teamSection,
  type TestPlatform,
  worked,
} from "./testing/platform.js";

let test: TestPlatform;
beforeAll(async () => {
  test = await openTestPlatform();
});
afterAll(() => test.close());

/** Of a cluster that is on no bill, so that a day is settled once it was read. */
const registry = registryWith({
  teams: [teamSection("search"), teamSection("checkout")],
  clusters: [{ id: "one", account: "none" }],
});

async function read(
  days: readonly Day[],
  now: string,
  costs: (day: Day) => Record<string, string>,
): Promise<void> {
  const readings = days.flatMap((day) => [worked(day, costs(day)), runs(day, { search: 1 })]);
  await publishAll(test.log, readings, now);
}

async function saidAt(now: string): Promise<typeof test.sent> {
  await test.settle({ now, registry });
  await test.advise({ now, registry });
  await runUntilCaughtUp(test, test.notifier({ now, registry }));
  return test.sent.splice(0);
}

const usual = { search: "40.00", checkout: "100.00" };

it("days that nobody expected are one mail to each team, once, and nothing is said of those that are long past", async () => {
  // A surprise of weeks ago, as a backfill has it.
  await read(daysBetween(parseDay("2026-09-20"), parseDay("2026-11-01")), "2026-11-01T12:00:00Z", (day) =>
    day === "2026-10-19" ? { ...usual, search: "400.00" } : usual,
  );
  expect(await saidAt("2026-11-01T12:00:00Z")).toEqual([]);
  await read([parseDay("2026-11-01"), parseDay("2026-11-02")], "2026-11-03T06:00:00Z", (day) => ({
    ...usual,
    ...(day === "2026-11-02" && { search: "460.00" }),
  }));
  const mails = await saidAt("2026-11-03T06:00:00Z");
  expect(mails.map(({ subject, envelopeTo }) => [subject, envelopeTo])).toEqual([
    ["search: CPU cost USD 460.00 on 2 Nov 2026, expected about USD 40.00", ["search-lead@example.com"]],
  ]);
  expect(mails[0]?.text).toContain("not told apart: CPU of one/team-search/api +USD 420.00");
  expect(mails[0]?.text).toMatch(/apportion anomalies expected [0-9a-f]{12} --by/);
  // Looked at again with another day, and restated by a little.
  await read([parseDay("2026-11-02"), parseDay("2026-11-03")], "2026-11-04T06:00:00Z", (day) => ({
    ...usual,
    ...(day === "2026-11-02" && { search: "461.00" }),
  }));
  expect(await saidAt("2026-11-04T06:00:00Z")).toEqual([]);
  const keys = await test.rows("SELECT delivery_key, kind, team_id FROM deliveries");
  expect(keys).toEqual([
    {
      delivery_key: "anomaly-alert/2026-11/search/2026-11-02/cpu/above",
      kind: "anomaly-alert",
      team_id: "search",
    },
  ]);
}, 180_000);
