import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readNotifications } from "@apportion/books/notifications/read-notifications";
import { parseBillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import { runs } from "@apportion/pipeline/october";
import { publishAll, registryWith } from "@apportion/pipeline/platform";
import { Secret } from "@apportion/runtime/secret";
import type { DeliverySummary } from "./delivery/deliver.js";
import type { Mailer } from "./delivery/mailer.js";
import type { Notifier } from "./service.js";
import { openTestPlatform, teamSection, worked, type TestPlatform } from "./testing/platform.js";
import { openWebhookServer, type WebhookServer } from "./testing/webhook-server.js";

const NOVEMBER = parseBillingPeriod("2026-11");
const NOW = "2026-11-24T06:00:00Z";

/** Each test has a team to itself: so they share a platform. */
const TEAMS = [
  "night",
  "dusk",
  "many",
  "search",
  "checkout",
  "payments",
  "ranking",
  "ads",
  "maps",
  "video",
  "news",
  "press",
  "books",
  "gone",
  "shop",
  "taken",
  "drops",
  "stays",
  "again",
  "partly",
  "first",
  "second",
  "third",
  "fourth",
];
let test: TestPlatform;
beforeAll(async () => {
  test = await openTestPlatform();
  const costs = Object.fromEntries(TEAMS.map((team) => [team, "85"]));
  await publishAll(
    test.log,
    [worked("2026-11-22", costs), runs("2026-11-22", { search: 1 })],
    "2026-11-23T06:00:00Z",
  );
  await test.settle({ registry: registryWith({ teams: TEAMS.map((id) => teamSection(id)) }) });
});
afterAll(() => test.close());

let server: WebhookServer;
let other: WebhookServer;
beforeEach(async () => {
  [server, other] = [await openWebhookServer(), await openWebhookServer()];
});
afterEach(async () => {
  await server.close();
  await other.close();
});

/** A team that is over a threshold, so that there is something to tell. */
function teamOver(id: string, contacts?: string[]): Registry {
  const budgets = [{ from: NOVEMBER, amount: "100.00" }];
  return registryWith({ teams: [teamSection(id, { budgets, ...(contacts && { contacts }) })] });
}

function webhook(name: string, { url }: WebhookServer, over: object = {}): object {
  const secret = new Secret("a-signing-secret-of-tests");
  return { name, kind: "webhook", url: new Secret(url), secret, allowPrivate: true, timeoutMs: 400, ...over };
}

interface Telling {
  readonly channels: readonly object[];
  readonly mailer?: Mailer;
  readonly contacts?: string[];
  readonly now?: string;
  readonly giveUpAfterHours?: number;
}

function telling(
  team: string,
  { channels, mailer, contacts, now = NOW, giveUpAfterHours = 6 }: Telling,
): Notifier {
  return test.notifier({
    now,
    registry: teamOver(team, contacts),
    ...(mailer && { mailer }),
    section: { channels, giveUpAfterHours },
  });
}

const alert = (notifier: Notifier): Promise<DeliverySummary> => notifier.sendAlerts([NOVEMBER]);

interface Event {
  readonly id: string;
  readonly data: { readonly key: string; readonly subject: string; readonly text: string };
}
const eventsOf = ({ received }: WebhookServer): Event[] =>
  received.map(({ body }) => JSON.parse(body) as Event);

describe("a channel of a team", () => {
  it("is told what the mail says, once, however often it is looked", async () => {
    const channels = [webhook("chat", server, { teams: ["search"] })];
    for (let times = 0; times < 3; times += 1) {
      const notifier = telling("search", { channels });
      await alert(notifier);
      await notifier.sendWaiting();
    }
    const [mail] = test.sent.splice(0);
    expect(eventsOf(server).map(({ data }) => [data.subject, data.text])).toEqual([
      [mail?.subject, mail?.text],
    ]);
    expect(
      await test.rows(
        "SELECT recipients FROM deliveries WHERE kind = 'channel-notice' AND team_id = 'search'",
      ),
    ).toEqual([{ recipients: ["chat"] }]);
  });

  it("of a department or a cost center is told of its own budgets, and of no other's", async () => {
    const budgets = [{ from: NOVEMBER, amount: "100.00" }];
    const registry = registryWith({
      teams: [teamSection("press")],
      costCenters: [{ id: "cc-press", budgets }],
      departments: [
        { id: "media", teams: [{ id: "press" }], budgets },
        { id: "company", budgets, teams: [{ id: "press" }] },
      ],
    });
    const channels = [
      webhook("media", server, { departments: ["media"] }),
      webhook("cost-center", other, { costCenters: ["cc-press"] }),
    ];
    const notifier = test.notifier({ now: NOW, registry, section: { channels } });
    await alert(notifier);
    await notifier.sendWaiting();
    const subjectsAt = (at: WebhookServer): string[] => eventsOf(at).map(({ data }) => data.subject);
    expect(subjectsAt(server)).toEqual([
      "Department media: 85.0 % of the November 2026 budget used (passed 80 %)",
    ]);
    expect(subjectsAt(other)).toEqual([
      "Cost center cc-press: 85.0 % of the November 2026 budget used (passed 80 %)",
    ]);
    test.sent.splice(0);
  });

  it("is told of its team's report also where whoever leads it reads of it among others", async () => {
    const contacts = ["lead@example.com"];
    const registry = registryWith({ teams: ["maps", "video"].map((id) => teamSection(id, { contacts })) });
    const notifierWith = (...channels: object[]): Notifier =>
      test.notifier({ now: "2026-12-08T06:00:00Z", registry, section: { channels } });
    // Before the team had a channel: it is told of what is out by mail already.
    await notifierWith().sendMonthlyReports(NOVEMBER);
    const notifier = notifierWith(webhook("chat", server, { teams: ["maps"] }));
    for (let times = 0; times < 2; times += 1) {
      await notifier.sendMonthlyReports(NOVEMBER);
      await notifier.sendWaiting();
    }
    expect(test.sent.splice(0).filter(({ to }) => to.includes("lead@example.com"))).toHaveLength(1);
    expect(eventsOf(server).map(({ data }) => data.subject)).toEqual([
      "maps: USD 85.00 in November 2026 (provisional)",
    ]);
  });

  it("that hangs delays neither mail nor another channel", async () => {
    server.replies = ["hang"];
    const notifier = telling("checkout", {
      channels: [
        webhook("hangs", server, { teams: ["checkout"], timeoutMs: 60_000 }),
        webhook("answers", other, { teams: ["checkout"] }),
      ],
    });
    await notifier.start();
    const asked = Date.now();
    await alert(notifier);
    await other.got(1);
    await server.got(1);
    expect(Date.now() - asked).toBeLessThan(30_000);
    expect(test.subjects()).toHaveLength(1);
    await server.close(); // ends what hangs
    await notifier.stop();
  });

  it("is not told twice by two processes at once", async () => {
    const channels = [webhook("chat", server, { teams: ["payments"] })];
    const notifiers = ["one", "two"].map((id) =>
      test.notifier({
        now: NOW,
        registry: teamOver("payments"),
        process: { id, alone: false },
        section: { channels },
      }),
    );
    await Promise.all(notifiers.map(alert));
    await Promise.all(notifiers.map((each) => each.sendWaiting()));
    expect(server.received).toHaveLength(1);
    test.subjects();
  });

  it("gets the same id when its answer never came, so that the message is sent again", async () => {
    const channels = [webhook("chat", server, { teams: ["ranking"] })];
    const first = telling("ranking", { channels });
    await alert(first);
    // It may have taken the message: nobody knows, so nothing is on record.
    server.replies = ["hang", { status: 200 }];
    await first.sendWaiting();
    const second = telling("ranking", { channels });
    await second.sendWaiting();
    const [one, again] = eventsOf(server);
    expect(server.received).toHaveLength(2);
    expect(again?.id).toBe(one?.id);
    expect(server.received.map(({ headers }) => headers["idempotency-key"])).toEqual([one?.id, one?.id]);
    await second.sendWaiting();
    expect(server.received).toHaveLength(2);
    test.subjects();
  });

  it("is tried again by itself after 500 and when it asked for a pause, and not before that", async () => {
    server.replies = [{ status: 500 }, { status: 429, headers: { "retry-after": "2" } }, { status: 200 }];
    const notifier = telling("ads", { channels: [webhook("chat", server, { teams: ["ads"] })] });
    await notifier.start();
    await alert(notifier);
    await server.got(2);
    const asked = performance.now();
    await server.got(3);
    expect(performance.now() - asked).toBeGreaterThan(1_950);
    await notifier.stop();
    expect(new Set(eventsOf(server).map(({ id }) => id)).size).toBe(1);
    expect(await states("ads")).toContainEqual(["chat", "budget-alert", "sent"]);
    test.subjects();
  });

  it("gets a correction after what it takes back, also when it puts that off", async () => {
    const channels = [webhook("chat", server, { teams: ["books"] })];
    await alert(telling("books", { channels }));
    const costs = Object.fromEntries(TEAMS.map((team) => [team, team === "books" ? "10" : "85"]));
    await publishAll(test.log, [worked("2026-11-22", costs)], "2026-11-23T18:00:00Z");
    await test.settle({ registry: registryWith({ teams: TEAMS.map((id) => teamSection(id)) }) });
    const notifier = telling("books", { channels, now: "2026-11-24T09:00:00Z" });
    await alert(notifier);
    server.replies = [{ status: 503 }, { status: 200 }];
    await notifier.sendWaiting();
    await notifier.sendWaiting();
    expect(eventsOf(server).map(({ data }) => data.key.split("/")[2])).toEqual([
      "budget-alert",
      "budget-alert",
      "budget-alert-withdrawal",
    ]);
    test.subjects();
  });

  it("gets a correction after what it takes back also where that told of several thresholds, of whatever owner", async () => {
    const id = "cc/budget-alert/1:2@3/taken";
    const channels = [webhook("chat", server, { costCenters: [id] })];
    const registry = registryWith({
      teams: [teamSection("taken", { costCenter: id })],
      costCenters: [{ id, budgets: [{ from: NOVEMBER, amount: "84.00" }] }],
    });
    const at = (now: string): Notifier => test.notifier({ now, registry, section: { channels } });
    await alert(at(NOW)); // 80, 90 and 100 %
    const costs = Object.fromEntries(TEAMS.map((team) => [team, team === "taken" ? "10" : "85"]));
    await publishAll(test.log, [worked("2026-11-22", costs)], "2026-11-23T19:00:00Z");
    await test.settle({ registry: registryWith({ teams: TEAMS.map((each) => teamSection(each)) }) });
    const notifier = at("2026-11-24T09:00:00Z");
    await alert(notifier);
    server.replies = [{ status: 503 }, { status: 200 }];
    await notifier.sendWaiting();
    await notifier.sendWaiting();
    expect(eventsOf(server).map(({ data }) => data.key.replace(id, "ID"))).toEqual([
      "channel/chat/budget-alert/2026-11//100/cost-center/ID/month/:2026-11@84.00/0",
      "channel/chat/budget-alert/2026-11//100/cost-center/ID/month/:2026-11@84.00/0",
      "channel/chat/budget-alert-withdrawal/2026-11//80/cost-center/ID/month/:2026-11@84.00/0",
    ]);
    test.subjects();
  });
});

async function states(team: string): Promise<string[][]> {
  const found = await readNotifications(test.clickhouse, { team });
  return found.map(({ channel, kind, state }) => [channel, kind, state]);
}

describe("what a channel refuses", () => {
  it("finance is told once, and somebody has it sent again, once", async () => {
    server.replies = [{ status: 404, body: (path) => `no such hook ${path}` }];
    const channels = [webhook("chat", server, { teams: ["maps"] })];
    const notifier = telling("maps", { channels });
    await alert(notifier);
    await notifier.sendWaiting();
    await notifier.sendWaiting();
    expect(server.received).toHaveLength(1);
    const [mail, undelivered] = test.sent.splice(0);
    expect(undelivered?.to).toEqual(["finance@example.com"]);
    expect(undelivered?.subject).toBe(`Not delivered: ${mail?.subject}`);
    expect(undelivered?.text).toMatch(/channel chat\s+404: no such hook/);
    expect(undelivered?.text).not.toContain("token-that");
    const failed = (await readNotifications(test.clickhouse, { team: "maps" })).find(
      ({ state }) => state === "failed",
    );
    expect(failed?.missed).toEqual([{ recipient: "chat", reply: expect.stringContaining("404") as string }]);
    expect(JSON.stringify(await test.rows("SELECT * FROM delivery_outcomes, notifications"))).not.toContain(
      "token-that",
    );

    server.replies = [{ status: 200 }];
    const key = failed?.key ?? "";
    expect(await notifier.retry({ key, by: "a controller" })).toBe(`retry/1/${key}`);
    await expect(notifier.retry({ key, by: "a controller" })).rejects.toThrow("reached everybody");
    const [first, again] = eventsOf(server);
    expect(server.received).toHaveLength(2);
    expect(again?.id).toBe(first?.id);
    expect(await states("maps")).toContainEqual(["chat", "budget-alert", "sent again"]);
    const [asked] = await test.rows(
      "SELECT asked_by FROM notifications WHERE startsWith(delivery_key, 'retry/') AND team_id = 'maps'",
    );
    expect(asked).toEqual({ asked_by: "a controller" });
  });

  it("for longer than is waited for is given up, and finance is told", async () => {
    server.replies = [{ status: 503 }];
    const channels = [webhook("chat", server, { teams: ["news"] })];
    const early = telling("news", { channels });
    await alert(early);
    await early.sendWaiting();
    expect(await states("news")).toContainEqual(["chat", "budget-alert", "deferred"]);
    await telling("news", { channels, now: "2026-11-24T13:00:00Z" }).sendWaiting();
    expect(await states("news")).toContainEqual(["chat", "budget-alert", "failed"]);
    expect(test.subjects()).toContainEqual(expect.stringMatching(/^Not delivered: news/));
  });
});

describe("a mail that did not reach everybody", () => {
  it("goes again, as it was said, to those alone who did not get it", async () => {
    const gone = new Set(["gone@example.com"]);
    const reached: string[] = [];
    const mailer: Mailer = {
      async send({ envelopeTo, subject, html }) {
        const accepted = envelopeTo.filter((recipient) => !gone.has(recipient));
        reached.push(...accepted.map((recipient) => `${recipient}: ${subject}, ${html.length > 100}`));
        const refused = envelopeTo
          .filter((each) => gone.has(each))
          .map((recipient) => ({ recipient, reply: "550 no" }));
        return { accepted, refused, deferred: [] };
      },
      verify: async () => undefined,
      close: () => undefined,
    };
    const contacts = ["gone@example.com", "lead@example.com"];
    const notifier = telling("video", { channels: [], contacts, mailer });
    await alert(notifier);
    const [told] = reached.splice(0);
    expect(await states("video")).toContainEqual(["", "budget-alert", "partly"]);
    gone.clear();
    const key = "budget-alert/2026-11/video/80/2026-11@100.00/0";
    await notifier.retry({ key, by: "a controller" });
    expect(reached).toEqual([told?.replace("lead", "gone")]);
    expect(await states("video")).toContainEqual(["", "budget-alert", "sent again"]);
    await expect(notifier.retry({ key: "budget-alert/nothing", by: "a controller" })).rejects.toThrow(
      "Nothing is kept",
    );
  });
});

describe("mails that are sent again", () => {
  it("do not wait for those before them that the mail server puts off, however many those are", async () => {
    // What waits is sent by its keys where it came at one moment: the third last.
    const four = ["first", "fourth", "second", "third"];
    const budgets = [{ from: NOVEMBER, amount: "100.00" }];
    const registry = registryWith({ teams: four.map((id) => teamSection(id, { budgets })) });
    let reply = "550 no such user";
    const reached: string[] = [];
    const mailer: Mailer = {
      async send({ envelopeTo }) {
        const isTaken = envelopeTo[0] === "finance@example.com" || reply === "";
        const isLast = reply.startsWith("4") && envelopeTo[0] === "third-lead@example.com";
        if (isTaken || isLast) {
          reached.push(...envelopeTo);
          return { accepted: envelopeTo, refused: [], deferred: [] };
        }
        const said = envelopeTo.map((recipient) => ({ recipient, reply }));
        return reply.startsWith("4")
          ? { accepted: [], refused: [], deferred: said }
          : { accepted: [], refused: said, deferred: [] };
      },
      verify: async () => undefined,
      close: () => undefined,
    };
    const notifier = test.notifier({ now: NOW, registry, mailer });
    await alert(notifier);
    reached.length = 0;
    reply = "452 full";
    for (const team of four)
      await notifier.retry({ key: `budget-alert/2026-11/${team}/80/2026-11@100.00/0`, by: "a controller" });
    expect(reached).toEqual(["third-lead@example.com"]);
    reply = "";
    await notifier.sendWaiting();
    expect(reached.slice(1).toSorted()).toEqual(
      four
        .slice(0, 3)
        .map((team) => `${team}-lead@example.com`)
        .toSorted(),
    );
  });
});

describe("more alerts than a day may have", () => {
  it("are held back and told to no channel; finance is told once, and somebody can have them sent", async () => {
    const channels = [webhook("chat", server, { teams: ["many"] })];
    const limited = (thresholdsPercent: number[]): Notifier =>
      test.notifier({
        now: "2026-11-25T06:00:00Z",
        registry: teamOver("many"),
        section: { channels, thresholdsPercent, limits: { ofTeamADay: 2 } },
      });
    for (const percents of [[50], [50, 60], [50, 60, 70], [50, 60, 70, 80]]) await alert(limited(percents));
    await limited([50]).sendWaiting();
    expect(test.sent.filter(({ to }) => to[0] === "many-lead@example.com")).toHaveLength(2);
    expect(server.received).toHaveLength(2);
    const told = test.sent.splice(0).filter(({ to }) => to[0] === "finance@example.com");
    expect(told.map(({ subject }) => subject)).toEqual([
      "Alerts of 2026-11-25 are held back: more than a day may have",
    ]);
    expect(told[0]?.text).toContain("2 alerts of the team went out today already");

    const held = (await readNotifications(test.clickhouse, { team: "many" })).filter(
      ({ state }) => state === "held",
    );
    expect(held).toHaveLength(2);
    const key = held[0]?.key ?? "";
    await limited([50]).retry({ key, by: "a controller" });
    const again = test.sent.splice(0);
    expect(again.map(({ to }) => to)).toEqual([["many-lead@example.com"]]);
    // Who reads the channel alone hears of it too, once.
    await limited([50]).sendWaiting();
    expect(eventsOf(server).map(({ data }) => data.key)[2]).toBe(`channel/chat/${key}`);
    expect(eventsOf(server)[2]?.data.subject).toBe(again[0]?.subject);
    expect(server.received).toHaveLength(3);
  });

  it("are taken back where they went out, whatever the day may have, and to nobody where they did not", async () => {
    const three = ["drops", "stays", "again"];
    const four = [...three, "partly"];
    const budgets = [{ from: NOVEMBER, amount: "100.00" }];
    const registry = registryWith({ teams: four.map((id) => teamSection(id, { budgets })) });
    const limited = (day: number, thresholdsPercent: number[], inAllADay: number): Notifier =>
      test.notifier({
        now: `2026-11-${day}T07:00:00Z`,
        registry,
        section: { thresholdsPercent, limits: { inAllADay } },
      });
    const toWhom = (): string[] => test.sent.splice(0).flatMap(({ to }) => to);
    await alert(limited(28, [50, 60], 1));
    const heldKey = (team: string): string => `budget-alert/2026-11/${team}/60/2026-11@100.00/0`;
    await limited(28, [], 1).retry({ key: heldKey("again"), by: "a controller" });
    expect(toWhom()).toEqual(["drops-lead@example.com", "finance@example.com", "again-lead@example.com"]);
    await alert(limited(29, [5], 4));
    test.sent.length = 0;

    const costs = Object.fromEntries(TEAMS.map((team) => [team, three.includes(team) ? "10" : "85"]));
    // Of what nobody was told a part is so: somebody has to hear of that.
    costs["partly"] = "55";
    await publishAll(test.log, [worked("2026-11-22", costs)], "2026-11-23T20:00:00Z");
    await test.settle({ registry: registryWith({ teams: TEAMS.map((id) => teamSection(id)) }) });
    await alert(limited(29, [5], 4));
    expect(toWhom()).toEqual(["drops-lead@example.com", "again-lead@example.com", "partly-lead@example.com"]);
    const [kept] = (await readNotifications(test.clickhouse, { team: "stays" })).filter(
      ({ kind }) => kind === "budget-alert-withdrawal",
    );
    expect(kept).toMatchObject({ state: "held", missed: [{ reply: expect.stringContaining("to nobody") }] });
    await expect(limited(29, [], 3).retry({ key: heldKey("stays"), by: "a controller" })).rejects.toThrow(
      "was taken back since: ",
    );
    // What takes back does not count.
    await alert(limited(29, [5, 8], 8));
    expect(toWhom()).toEqual(four.map((team) => `${team}-lead@example.com`));
  });

  it("are told, when somebody has them sent, to channels of whose budget it is", async () => {
    const budgets = [{ from: NOVEMBER, amount: "100.00" }];
    const id = "cc/4711/shop";
    const registry = registryWith({
      teams: [teamSection("shop", { costCenter: id })],
      costCenters: [{ id, budgets }],
    });
    const channels = [webhook("cost-center", server, { costCenters: [id] })];
    const limited = (thresholdsPercent: number[]): Notifier =>
      test.notifier({
        now: "2026-11-27T06:00:00Z",
        registry,
        section: { channels, thresholdsPercent, limits: { ofTeamADay: 1 } },
      });
    for (const percents of [[50], [50, 60]]) await alert(limited(percents));
    await limited([50]).sendWaiting();
    expect(server.received).toHaveLength(1);
    const held = (await readNotifications(test.clickhouse, {})).find(
      (each) => each.state === "held" && each.key.includes(id),
    );
    await limited([50]).retry({ key: held?.key ?? "", by: "a controller" });
    expect(eventsOf(server).map(({ data }) => data.subject)).toEqual(
      Array.from({ length: 2 }, () => expect.stringContaining(`Cost center ${id}: 85.0 %`) as string),
    );
    test.sent.length = 0;
  });

  it("are so too where the mail server refuses them: channels and finance are told of as many as are let out", async () => {
    const channels = [webhook("chat", server, { teams: ["gone"] })];
    const toFinance: string[] = [];
    const refusing: Mailer = {
      async send({ envelopeTo, subject }) {
        const isFinances = envelopeTo.includes("finance@example.com");
        if (isFinances) toFinance.push(subject);
        const refused = envelopeTo.map((recipient) => ({ recipient, reply: "550 no such user" }));
        return isFinances
          ? { accepted: envelopeTo, refused: [], deferred: [] }
          : { accepted: [], refused, deferred: [] };
      },
      verify: async () => undefined,
      close: () => undefined,
    };
    const limited = (ofTeamADay: number, thresholdsPercent: number[]): Notifier =>
      test.notifier({
        now: "2026-11-26T06:00:00Z",
        registry: teamOver("gone"),
        mailer: refusing,
        section: { channels, thresholdsPercent, limits: { ofTeamADay } },
      });
    for (const percents of [[30], [30, 40], [30, 40, 50, 60]]) await alert(limited(2, percents));
    await limited(2, []).sendWaiting();
    expect(server.received).toHaveLength(2);
    expect(toFinance.map((subject) => subject.slice(0, 13))).toEqual([
      "Not delivered",
      "Not delivered",
      "Alerts of 202",
    ]);
    // What was held back, of two thresholds at once, was not let out.
    await alert(limited(3, [30, 40, 50, 60, 70]));
    await limited(3, []).sendWaiting();
    expect(server.received).toHaveLength(3);
    // Channels were told of it.
    const failed = (await readNotifications(test.clickhouse, { team: "gone" })).find(
      ({ channel, state }) => channel === "" && state === "failed",
    );
    await limited(3, []).retry({ key: failed?.key ?? "", by: "a controller" });
    expect(server.received).toHaveLength(3);
    test.sent.length = 0;
  });
});

describe("in quiet hours, by the clocks of a zone", () => {
  const quietHours = { from: "20:00", to: "07:00", timeZone: "Europe/Berlin" };
  const at = (now: string, team: string, percent: number): Notifier =>
    test.notifier({
      now,
      registry: registryWith({
        teams: [teamSection(team, { budgets: [{ from: NOVEMBER, amount: String(8500 / percent) }] })],
      }),
      section: { quietHours, channels: [webhook("chat", server, { teams: [team] })] },
    });

  it("alerts wait for the morning, in mail and channels, but not that a budget is spent", async () => {
    const NIGHT = "2026-11-24T19:30:00Z"; // 20:30 there
    await alert(at(NIGHT, "night", 85));
    await at(NIGHT, "night", 85).sendWhatWaited();
    await at(NIGHT, "night", 85).sendWaiting();
    expect(test.subjects()).toEqual([]);
    expect(server.received).toEqual([]);
    await alert(at(NIGHT, "dusk", 125));
    expect(test.subjects()).toEqual([expect.stringContaining("dusk: 125.0 %")]);
    const MORNING = "2026-11-25T06:00:00Z"; // 07:00 there
    await at(MORNING, "night", 85).sendWhatWaited();
    expect(test.subjects()).toEqual([expect.stringContaining("night: 85.0 %")]);
  });
});
