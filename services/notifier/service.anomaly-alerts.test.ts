import { afterAll, beforeAll, expect, it } from "vitest";
import { readUnexpected } from "@apportion/books/anomalies/read-anomalies";
import { billingPeriodOf, daysBetween, parseDay, type Day } from "@apportion/domain/period";
import { runs } from "@apportion/pipeline/october";
import { publishAll, registryWith } from "@apportion/pipeline/platform";
import type { Mailer } from "./delivery/mailer.js";
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
  teams: [teamSection("search"), teamSection("checkout"), teamSection("ranking")],
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

const usual = { search: "40.00", checkout: "100.00", ranking: "50.00" };

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

it("days that nobody expected are told also where the mail server puts off what is said of how the month ends", async () => {
  const now = "2026-11-05T06:00:00Z";
  await read([parseDay("2026-11-04")], now, () => ({ ...usual, checkout: "1500.00" }));
  const withBudget = registryWith({
    teams: [
      teamSection("search"),
      teamSection("checkout"),
      teamSection("ranking", { budgets: [{ from: "2026-11", amount: "1200.00" }] }),
    ],
    clusters: [{ id: "one", account: "none" }],
  });
  await test.settle({ now, registry: withBudget });
  await test.advise({ now, registry: withBudget });
  const reached: string[] = [];
  const mailer: Mailer = {
    async send({ envelopeTo, subject }) {
      const isPutOff = subject.startsWith("ranking: forecast");
      if (!isPutOff) reached.push(subject);
      const deferred = envelopeTo.map((recipient) => ({ recipient, reply: "452 full" }));
      return isPutOff
        ? { accepted: [], refused: [], deferred }
        : { accepted: envelopeTo, refused: [], deferred: [] };
    },
    verify: async () => undefined,
    close: () => undefined,
  };
  const found = await readUnexpected(test.clickhouse, {
    periods: [billingPeriodOf(parseDay("2026-11-04"))],
    registry: withBudget,
    floors: test.platform.anomalyFloors,
    isWanted: ({ day }) => day === "2026-11-04",
  });
  const told = found.map(({ team: teamId, id, day, category, direction }) => ({
    id,
    teamId,
    day,
    category,
    direction,
  }));
  const notifier = test.notifier({ now, registry: withBudget, mailer });
  await expect(notifier.sendAdvice(told)).rejects.toThrow("452 full");
  expect(reached).toEqual([expect.stringMatching(/^checkout: CPU cost USD 1,500.00 on 4 Nov 2026/)]);
}, 180_000);
