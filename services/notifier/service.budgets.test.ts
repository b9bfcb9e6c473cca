import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
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
const OCTOBER = parseBillingPeriod("2026-10");
/** Each test has teams, and clusters on which they work, to itself. */
const TEAMS = ["search", "ads", "maps", "ranking", "vision"];
const registry = registryWith({ teams: TEAMS.map((id) => teamSection(id)) });

type Sections = Parameters<typeof registryWith>[0];
type TeamBudgets = NonNullable<NonNullable<Sections["teams"]>[number]["budgets"]>;

let test: TestPlatform;
let services: TestServices;
let readings = 0;
beforeAll(async () => {
  test = await openTestPlatform();
  services = test.services({ registry });
  await services.start();
  await publishAll(
    test.log,
    ["2026-10-20", "2026-11-05", "2026-11-22"].map((day) => runs(day, { search: 1 })),
  );
});
beforeEach(() => {
  test.sent.length = 0;
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

/** What is due is sent by a notifier that has just been started. */
function evaluate(
  ofRegistry: Registry,
  { now = "2026-11-24T06:00:00Z", mailer }: { readonly now?: string; readonly mailer?: Mailer } = {},
): Promise<DeliverySummary> {
  return test.notifier({ now, registry: ofRegistry, ...(mailer && { mailer }) }).sendAlerts([NOVEMBER]);
}

const ofTeam = (id: string, ...budgets: TeamBudgets): Registry =>
  registryWith({ teams: [teamSection(id, { budgets })] });

const dying = (): Mailer => ({
  send: async (mail) => {
    test.sent.push(mail);
    throw new Error("killed after the mail server said yes");
  },
  verify: async () => undefined,
  close: () => undefined,
});

describe("a budget of a quarter", () => {
  it("counts its months, is told once across restarts, taken back when a closed-over day is restated, and told again", async () => {
    const quarter = ofTeam("search", { from: OCTOBER, amount: "200.00", span: "quarter" });
    await read("search", "90", "2026-10-20");
    await read("search", "60");
    await evaluate(quarter);
    expect(test.subjects()).toEqual([]);
    await read("search", "75");
    await evaluate(quarter);
    expect(test.sent[0]?.to).toEqual(["search-lead@example.com"]);
    expect(test.sent[0]?.text).toContain("October 2026");
    expect(test.subjects()).toEqual(["search: 82.5 % of the Q4 2026 budget used (passed 80 %)"]);
    await evaluate(quarter);
    expect(test.subjects()).toEqual([]);
    // A day of a month before this one: the year and the quarter still run.
    await read("search", "70", "2026-10-20");
    await test.notifier({ now: "2026-11-24T06:00:00Z", registry: quarter }).sendAlerts([OCTOBER]);
    expect(test.subjects()).toEqual(["search: correction, 80 % of the Q4 2026 budget is not reached"]);
    await read("search", "95", "2026-10-20");
    await expect(evaluate(quarter, { mailer: dying() })).rejects.toThrow("killed");
    await evaluate(quarter);
    expect(test.sent[0]?.messageId).toBe(test.sent[1]?.messageId);
    expect(test.subjects()).toEqual(
      Array.from({ length: 2 }, () => "search: 85.0 % of the Q4 2026 budget used (passed 80 %)"),
    );
    const keys = await test.rows(
      "SELECT delivery_key, billing_period, team_id, budget_from FROM deliveries WHERE team_id = 'search' ORDER BY episode, kind",
    );
    const version = "team/search/quarter/:2026-10@200.00";
    expect(keys).toEqual(
      [
        `budget-alert/2026-10/search/80/${version}/0`,
        `budget-alert-withdrawal/2026-10/search/80/${version}/0`,
        `budget-alert/2026-10/search/80/${version}/1`,
      ].map((key) => ({
        delivery_key: key,
        billing_period: "2026-10",
        team_id: "search",
        budget_from: "2026-10",
      })),
    );
  });

  it("is another version with an increase, which re-arms what it puts out of reach and is named in the mail", async () => {
    const before = ofTeam("maps", { from: OCTOBER, amount: "100.00", span: "quarter" });
    const increases = [
      { period: NOVEMBER, amount: "100.00", by: "Controlling", reason: "the fair in Lisbon" },
    ];
    const after = ofTeam("maps", { from: OCTOBER, amount: "100.00", span: "quarter", increases });
    await read("maps", "81");
    await evaluate(before);
    await evaluate(after);
    await read("maps", "162");
    await evaluate(after);
    expect(test.sent.at(-1)?.text).toMatch(
      /increase of USD 100\.00 that Controlling agreed to: the fair in\s+Lisbon\./,
    );
    expect(test.subjects()).toEqual([
      "maps: 81.0 % of the Q4 2026 budget used (passed 80 %)",
      "maps: 81.0 % of the Q4 2026 budget used (passed 80 %)",
    ]);
  });
});

describe("budgets beside each other", () => {
  it("each have alerts of their own: months, a category, and none of what is not theirs", async () => {
    const of = ofTeam(
      "ads",
      { from: NOVEMBER, amount: "100.00" },
      { from: NOVEMBER, amount: "90.00", categories: ["compute"] },
      { from: NOVEMBER, amount: "1.00", categories: ["storage"] },
    );
    await read("ads", "80");
    await evaluate(of);
    await evaluate(of);
    expect(test.subjects()).toEqual([
      "ads: 80.0 % of the November 2026 budget used (passed 80 %)",
      "ads: 88.9 % of the November 2026 compute budget used (passed 80 %)",
    ]);
  });

  it("of a cost center and of departments above it are sums of their own; without contacts finance hears of them", async () => {
    const departments = [
      {
        id: "tech",
        name: "Technology",
        budgets: [{ from: OCTOBER, amount: "100.00", span: "quarter" as const }],
      },
      {
        id: "ml",
        parent: "tech",
        contacts: ["head-of-ml@example.com"],
        teams: [{ id: "vision" }, { id: "ranking", to: "2026-11-10" }],
        budgets: [{ from: NOVEMBER, amount: "40.00" }],
      },
    ];
    const of = registryWith({
      teams: [teamSection("vision"), teamSection("ranking")],
      costCenters: [{ id: "cc-ranking", budgets: [{ from: NOVEMBER, amount: "100.00" }] }],
      departments,
    });
    await read("vision", "50", "2026-10-20");
    await read("vision", "20");
    await read("ranking", "15", "2026-11-05");
    await read("ranking", "80"); // on a day on which it is in no department any more
    await evaluate(of);
    await evaluate(of);
    expect(test.sent.map(({ to, subject }) => [to, subject])).toEqual([
      [["finance@example.com"], "Department Technology: 85.0 % of the Q4 2026 budget used (passed 80 %)"],
      [
        ["finance@example.com"],
        "Cost center cc-ranking: 95.0 % of the November 2026 budget used (passed 90 %)",
      ],
      [["head-of-ml@example.com"], "Department ml: 87.5 % of the November 2026 budget used (passed 80 %)"],
    ]);
  });
});
