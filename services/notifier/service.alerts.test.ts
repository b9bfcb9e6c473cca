import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { runs } from "@apportion/pipeline/october";
import {
  caughtUp,
  publish,
  publishAll,
  READ_AT,
  registryWith,
  type TestServices,
} from "@apportion/pipeline/platform";
import { ALLOCATION_GROUP, GROUP_TOPICS, INTAKE_GROUP } from "@apportion/recovery/groups";
import type { DeliverySummary } from "./delivery/deliver.js";
import type { Mailer } from "./delivery/mailer.js";
import { openTestPlatform, teamSection, worked, type TestPlatform } from "./testing/platform.js";

const NOVEMBER = parseBillingPeriod("2026-11");
/** Each test has a team, and the cluster on which that works, to itself: so they share a platform. */
const TEAMS = ["search", "checkout", "payments", "ranking"];
const registry = registryWith({ teams: TEAMS.map((id) => teamSection(id)) });

let test: TestPlatform;
let services: TestServices;
let readings = 0;
beforeAll(async () => {
  test = await openTestPlatform();
  services = test.services({ registry });
  await services.start();
  // MLflow's runs are expected of each day: without them it is not settled.
  await publishAll(
    test.log,
    ["2026-11-05", "2026-11-22"].map((day) => runs(day, { search: 1 })),
  );
});
afterAll(async () => {
  await services.stop();
  await test.close();
});

/** Another reading of a day, later than all before it, is taken in and allocated. */
async function read(team: string, amount: string, day = "2026-11-22"): Promise<void> {
  readings += 1;
  const readAt = new Date(Date.parse(READ_AT) + readings * 60_000).toISOString();
  await publish(test.log, worked(day, { [team]: amount }, `cluster-of-${team}`), readAt);
  for (const group of [INTAKE_GROUP, ALLOCATION_GROUP])
    for (const topic of GROUP_TOPICS[group] ?? []) await caughtUp(test.log, group, topic);
}

/** What is due to a team under a budget is sent. */
function evaluate(team: string, amount = "100.00", mailer?: Mailer): Promise<DeliverySummary> {
  const withBudget = registryWith({ teams: [teamSection(team, { budgets: [{ from: NOVEMBER, amount }] })] });
  const options = { now: "2026-11-24T06:00:00Z", registry: withBudget, ...(mailer && { mailer }) };
  return test.notifier(options).sendAlerts([NOVEMBER]);
}

/** The process dies between the mail server's yes and the record of it. */
const dying = (): Mailer => ({
  send: async (mail) => {
    test.sent.push(mail);
    throw new Error("killed after the mail server said yes");
  },
  verify: async () => undefined,
  close: () => undefined,
});

describe("alerts of a month", () => {
  it("are corrected when they do not hold, and told again when they do, each once however often it is looked", async () => {
    for (const [amount, expected] of [
      ["85", ["search: 85.0 % of the November 2026 budget used (passed 80 %)"]],
      ["70", ["search: correction, 80 % of the November 2026 budget is not reached"]],
      ["82", ["search: 82.0 % of the November 2026 budget used (passed 80 %)"]],
      ["60", ["search: correction, 80 % of the November 2026 budget is not reached"]],
    ] as const) {
      await read("search", amount);
      await evaluate("search");
      expect(test.subjects()).toEqual(expected);
      await evaluate("search");
      expect(test.subjects()).toEqual([]);
    }
    const keys = await test.rows(
      "SELECT delivery_key FROM deliveries WHERE team_id = 'search' ORDER BY sent_at, episode, kind",
    );
    expect(keys.map((row) => row["delivery_key"])).toEqual([
      "budget-alert/2026-11/search/80/2026-11@100.00/0",
      "budget-alert-withdrawal/2026-11/search/80/2026-11@100.00/0",
      "budget-alert/2026-11/search/80/2026-11@100.00/1",
      "budget-alert-withdrawal/2026-11/search/80/2026-11@100.00/1",
    ]);
  });

  it("are one mail of several thresholds at once, repeated by a crash under one Message-ID, and none of the others later", async () => {
    await read("checkout", "104");
    await expect(evaluate("checkout", "100.00", dying())).rejects.toThrow("killed");
    await evaluate("checkout");
    expect(test.sent[0]?.messageId).toBe(test.sent[1]?.messageId);
    expect(test.subjects()).toEqual(
      Array.from({ length: 2 }, () => "checkout: 104.0 % of the November 2026 budget used (passed 100 %)"),
    );
    for (const [amount, expected] of [
      ["104", []],
      ["85", ["checkout: correction, 90 % of the November 2026 budget is not reached"]],
      ["84", []],
      ["95", ["checkout: 95.0 % of the November 2026 budget used (passed 90 %)"]],
      ["101", ["checkout: 101.0 % of the November 2026 budget used (passed 100 %)"]],
    ] as const) {
      await read("checkout", amount);
      await evaluate("checkout");
      expect(test.subjects()).toEqual(expected);
    }
    const told = await test.rows(
      `SELECT kind, groupArray((threshold_percent, episode)) AS thresholds
       FROM (SELECT * FROM deliveries WHERE team_id = 'checkout' ORDER BY threshold_percent)
       GROUP BY message_id, kind, sent_at ORDER BY kind, length(thresholds) DESC, thresholds`,
    );
    expect(told.map(({ kind, thresholds }) => [kind, thresholds])).toEqual([
      [
        "budget-alert",
        [
          [80, 0],
          [90, 0],
          [100, 0],
        ],
      ],
      ["budget-alert", [[90, 1]]],
      ["budget-alert", [[100, 1]]],
      [
        "budget-alert-withdrawal",
        [
          [90, 0],
          [100, 0],
        ],
      ],
    ]);
  });

  it("remember what was spent when a budget came, whatever days are restated to since", async () => {
    await read("payments", "82");
    await evaluate("payments", "100.00");
    await evaluate("payments", "200.00"); // comes at 82: 80 % is out of reach again
    await read("payments", "90", "2026-11-05"); // a day before it came
    test.subjects();
    await evaluate("payments", "200.00");
    expect(test.subjects()).toEqual(["payments: 86.0 % of the November 2026 budget used (passed 80 %)"]);
    await evaluate("payments", "215.00"); // comes at 172, 80 % of it
    await evaluate("payments", "214.00");
    expect(test.subjects()).toEqual([]);
  });

  it("are corrected under the same Message-ID when a crash before the record repeats the correction", async () => {
    await read("ranking", "85");
    await evaluate("ranking");
    await read("ranking", "70");
    test.sent.length = 0;
    await expect(evaluate("ranking", "100.00", dying())).rejects.toThrow("killed");
    await evaluate("ranking");
    expect(test.sent[0]?.messageId).toBe(test.sent[1]?.messageId);
    expect(test.subjects()).toEqual(
      Array.from({ length: 2 }, () => "ranking: correction, 80 % of the November 2026 budget is not reached"),
    );
  });
});
