import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readPrepared } from "@apportion/books/decisions/prepared";
import { readJournals } from "@apportion/books/ledger/journals";
import { daysBetween, parseDay } from "@apportion/domain/period";
import type { ExplorerApp } from "@apportion/explorer/server/question";
import { Browser, startProvider, type TestProvider } from "@apportion/explorer/testing/provider";
import { proposeAdjustment } from "@apportion/ledger/adjust";
import { proposeDecision } from "@apportion/ledger/decide";
import { collected, cpuHours, LEAN, workload } from "@apportion/pipeline/advised-platform";
import { pending } from "@apportion/pipeline/november";
import { OCTOBER, openOctober } from "@apportion/pipeline/october";
import {
  costReading,
  cpu,
  MLFLOW_BY_RUNS,
  openTestPlatform,
  publish,
  publishAll,
  type TestPlatform,
} from "@apportion/pipeline/platform";
import { allocationConfig, policiesOf } from "@apportion/registry/allocation";
import { createLogger, type Logger } from "@apportion/runtime/logger";
import { decidingApp, GROUPS } from "./testing/deciding.js";

/** What people decide on the pages: they sign in at a real provider, and what they decide is in the books of the real engine. */

const PUBLIC = "https://costs.example.com";
const TOKEN = "a-token-of-a-program-that-is-long-enough";
type Who = keyof typeof GROUPS;
const JSON_OF_PAGE = { "content-type": "application/json", accept: "application/json", origin: PUBLIC };

let test: TestPlatform;
let provider: TestProvider;
let now: Date;
let logged: string[];

const logger: Logger = new Proxy(createLogger("silent"), {
  get: (_, level) => (fields: object, message: string) =>
    logged.push(`${String(level)} ${JSON.stringify(fields)} ${message}`),
});
/** Lines of the audit, each as who, what and what came of it. */
const audit = (): unknown[] =>
  logged
    .filter((line) => line.includes('"audit":"decision"'))
    .map(
      (line) =>
        JSON.parse(line.slice(line.indexOf("{"), line.lastIndexOf("}") + 1)) as Record<string, string>,
    )
    .map(({ subject, act, about, outcome }) => [subject, act, about, outcome]);

beforeAll(async () => {
  test = await openOctober();
  provider = await startProvider({ redirectUri: `${PUBLIC}/auth/callback`, groups: GROUPS });
});
afterAll(async () => {
  await provider.close();
  await test.close();
});
beforeEach(() => {
  logged = [];
});

/** The service as it starts, with what a close promises. */
function start(promised: object = {}, { signsIn = true } = {}): Promise<ExplorerApp> {
  // Time goes by: nothing happens twice at the same moment.
  const clock = (): Date => (now = new Date(now.getTime() + 1));
  const deps = { test, logger, clock, promised };
  return decidingApp(
    deps,
    signsIn ? { issuer: provider.issuer, publicUrl: PUBLIC, token: TOKEN } : undefined,
  );
}

interface Answer extends Record<string, unknown> {
  readonly status: number;
}

/** Somebody's browser, signed in. */
async function signIn(app: ExplorerApp, who: Who) {
  const browser = new Browser(PUBLIC, (url, init) => app.request(url, init));
  await browser.signIn(who, `${PUBLIC}/api/v1/me?`);
  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await browser.ask(`${PUBLIC}/api/v1${path}`, { headers: JSON_OF_PAGE, ...init });
    return { status: response.status, ...((await response.json()) as object) };
  };
  return {
    browser,
    get: ask,
    post: (path: string, body: object = {}): Promise<Answer> =>
      ask(path, { method: "POST", body: JSON.stringify(body) }),
  };
}
type Person = Awaited<ReturnType<typeof signIn>>;

const CLOSE = { act: "close", about: "2026-10" };
const OVERRIDE = { ...CLOSE, reason: "The discount of\nOctober" };
const prepare = async (by: Person, what: object = CLOSE): Promise<string> => {
  const { status, id, detail } = await by.post("/decisions", what);
  if (status !== 200) throw new Error(String(detail));
  return String(id);
};

describe("a month that is ready to be closed", () => {
  let app: ExplorerApp;
  let fay: Person;
  let finn: Person;
  let op: Person;
  beforeAll(async () => {
    now = new Date("2026-11-11T08:00:00Z");
    logged = [];
    app = await start();
    [fay, finn, op] = await Promise.all([signIn(app, "fay"), signIn(app, "finn"), signIn(app, "op")]);
  });
  const journals = async (): Promise<unknown[]> =>
    (await readJournals(test.clickhouse)).map(({ preparedBy, approvedBy, reason }) => [
      preparedBy,
      approvedBy,
      reason,
    ]);
  const waiting = async (of: Person): Promise<Record<string, unknown>[]> =>
    (await of.get("/decisions"))["waiting"] as Record<string, unknown>[];

  it("is not closed by one person, however they ask, nor by who may not", async () => {
    const id = await prepare(fay);
    expect(await fay.post(`/decisions/${id}/approve`)).toMatchObject({
      status: 403,
      detail: "You prepared it: somebody else has to approve it",
    });
    for (const [who, role] of [
      ["ann", "analyst"],
      ["leo", "lead"],
    ] as const) {
      const other = await signIn(app, who);
      for (const [path, body] of [
        ["/decisions", CLOSE],
        [`/decisions/${id}/approve`, {}],
        [`/decisions/${id}/withdraw`, {}],
      ] as const)
        expect([who, path, await other.post(path, body)]).toMatchObject([
          who,
          path,
          {
            status: 403,
            detail: expect.stringMatching(`finance or operator .*; you have ${role}`) as unknown,
          },
        ]);
    }
    expect(await waiting(await signIn(app, "leo"))).toEqual([]);
    expect(await waiting(await signIn(app, "ann"))).toMatchObject([
      { id, mayApprove: false, mayWithdraw: false },
    ]);
    expect(await waiting(fay)).toMatchObject([{ id, mayApprove: false, mayWithdraw: true }]);
    expect(await waiting(op)).toMatchObject([
      {
        id,
        title: "Close October 2026",
        effect: expect.stringContaining("USD 372.00 is charged") as unknown,
        preparedBy: "fay b <fay>",
        mayApprove: true,
      },
    ]);
    expect(audit()).toContainEqual(["fay", "prepare close", "2026-10", "prepared"]);
    expect(audit()).toContainEqual(["fay", "approve close", "2026-10", "refused"]);
    expect(audit()).toContainEqual(["ann", "prepare close", "2026-10", "refused"]);
    expect(await op.post(`/decisions/${id}/withdraw`)).toMatchObject({ status: 200 });
    expect(await journals()).toEqual([]);
  });

  it("is not closed by a program, from the machine itself, or by a page of another host", async () => {
    const id = await prepare(fay);
    const byToken = await app.request(`${PUBLIC}/api/v1/decisions/${id}/approve`, {
      method: "POST",
      headers: {
        host: "costs.example.com",
        authorization: `Bearer ${TOKEN}`,
        "content-type": "application/json",
      },
      body: "{}",
    });
    expect([byToken.status, await byToken.text()]).toEqual([
      403,
      expect.stringContaining("A program does not decide"),
    ]);
    const local = await start({}, { signsIn: false });
    const here = await local.request(`http://127.0.0.1/api/v1/decisions/${id}/approve`, {
      method: "POST",
      headers: { host: "127.0.0.1", "content-type": "application/json" },
      body: "{}",
    });
    expect([here.status, await here.text()]).toEqual([403, expect.stringContaining("on the command line")]);
    const forged: [Record<string, string>, string][] = [
      [{ ...JSON_OF_PAGE, origin: "https://evil.example.com" }, "{}"],
      [{ "content-type": "application/json" }, "{}"],
      [{ origin: PUBLIC, "content-type": "application/x-www-form-urlencoded" }, "a=b"],
      [{ ...JSON_OF_PAGE, "sec-fetch-site": "cross-site" }, "{}"],
    ];
    for (const [headers, body] of forged) {
      const asked = { method: "POST", headers, body };
      expect((await op.browser.ask(`${PUBLIC}/api/v1/decisions/${id}/approve`, asked)).status).toBe(403);
    }
    expect(audit()).toContainEqual(["token:invoicing", "approve", undefined, "refused"]);
    expect(await journals()).toEqual([]);
    await fay.post(`/decisions/${id}/withdraw`);
  });

  it("waits once, until it is withdrawn or too old", async () => {
    const both = await Promise.all([fay.post("/decisions", CLOSE), finn.post("/decisions", CLOSE)]);
    expect(both.map(({ status }) => String(status)).toSorted()).toEqual(["200", "409"]);
    expect(await op.post("/decisions", CLOSE)).toMatchObject({
      status: 409,
      detail: expect.stringMatching(/^f\w+ b <f\w+> prepared it already/) as unknown,
    });
    const id = String(both.find(({ status }) => status === 200)?.["id"]);
    expect(await finn.post(`/decisions/${id}/withdraw`)).toMatchObject({ status: 200 });
    expect(await op.post(`/decisions/${id}/approve`)).toMatchObject({
      status: 409,
      detail: "It was withdrawn by finn b <finn> on 2026-11-11: prepare it again",
    });
    const again = await prepare(finn);
    now = new Date("2026-11-18T09:00:00Z");
    const later = await signIn(app, "op");
    expect(await later.post(`/decisions/${again}/approve`)).toMatchObject({
      status: 409,
      detail: "It expired on 2026-11-18, since nobody approved it: prepare it again",
    });
    now = new Date("2026-11-11T08:00:00Z");
    expect(await op.post("/decisions/none/approve")).toMatchObject({ status: 404 });
    expect(await fay.post(`/decisions/${again}/withdraw`)).toMatchObject({ status: 200 });
    expect(await journals()).toEqual([]);
  });

  it("is not closed where somebody withdraws it in another process while it is computed", async () => {
    const id = await prepare(fay);
    const elsewhere = await signIn(await start(), "finn");
    const approving = op.post(`/decisions/${id}/approve`);
    const isUnderWay = async (): Promise<boolean> =>
      (await waiting(op)).some(({ underWay }) => underWay !== undefined);
    const ended = approving.then(() => true);
    while (!(await Promise.race([ended, isUnderWay()]))) continue;
    expect(await elsewhere.post(`/decisions/${id}/withdraw`)).toMatchObject({ status: 200 });
    expect(await approving).toMatchObject({
      status: 409,
      detail: "It was withdrawn by finn b <finn> on 2026-11-11: prepare it again",
    });
    expect(await journals()).toEqual([]);
  });

  it("says which gates do not pass, and lets nobody but finance close it all the same", async () => {
    const strict = await start({ rateVariancePercentMax: "1" });
    const [preparing, operator] = [await signIn(strict, "fay"), await signIn(strict, "op")];
    expect(await preparing.get("/months/2026-10/gates")).toMatchObject({
      canClose: false,
      canOverride: true,
    });
    const plain = await prepare(preparing);
    expect(await operator.post(`/decisions/${plain}/approve`)).toMatchObject({
      status: 409,
      detail: "2026-10 stays open, and nothing was posted: a gate does not pass: reconciled",
      errors: [{ where: "reconciled", message: expect.stringContaining("1 % is the most") as unknown }],
    });
    await preparing.post(`/decisions/${plain}/withdraw`);
    expect(await operator.post("/decisions", OVERRIDE)).toMatchObject({
      status: 403,
      detail: "Who has the role finance closes a month although a gate does not pass; you have operator",
    });
    const id = await prepare(preparing, OVERRIDE);
    expect(await waiting(operator)).toMatchObject([{ reason: "The discount of October", mayApprove: false }]);
    expect(await operator.post(`/decisions/${id}/approve`)).toMatchObject({ status: 403 });
    expect(await operator.post(`/decisions/${id}/withdraw`)).toMatchObject({ status: 403 });
    await preparing.post(`/decisions/${id}/withdraw`);
    expect(await journals()).toEqual([]);
  });

  it("is closed once by two people, after a restart, however many approve it at once", async () => {
    const id = await prepare(fay, OVERRIDE);
    // Two processes, in which less passes by itself.
    const one = await start({ rateVariancePercentMax: "1" });
    const other = await start({ rateVariancePercentMax: "1" });
    const people = await Promise.all([signIn(one, "finn"), signIn(one, "flo"), signIn(other, "fred")]);
    const answers = await Promise.all(people.map((each) => each.post(`/decisions/${id}/approve`)));
    const [[preparedBy, approvedBy, reason] = [], ...more] = (await journals()) as string[][];
    expect([preparedBy, reason, more]).toEqual(["fay b <fay>", "The discount of October", []]);
    const names = ["finn b <finn>", "flo b <flo>", "fred b <fred>"];
    // Who approved it is told so; others are told who did.
    const toldOthers = expect.stringMatching(/approved by|approves it at this moment/) as unknown;
    expect(answers.map(({ status, detail }) => [status, detail])).toEqual(
      names.map((name) => (name === approvedBy ? [200, undefined] : [409, toldOthers])),
    );
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    const winner = people[names.indexOf(approvedBy ?? "")];
    expect(await winner?.post(`/decisions/${id}/approve`)).toMatchObject({ status: 200, state: "done" });
    expect((await journals()).length).toBe(1);
    expect(await waiting(fay)).toEqual([]);
    expect(await fay.post("/decisions", CLOSE)).toMatchObject({
      status: 409,
      detail: `The month is closed, approved by ${approvedBy}`,
    });
    expect(await fay.get("/months")).toMatchObject({ months: [{ state: "closed", preparedBy, approvedBy }] });
    expect(audit()).toContainEqual([approvedBy?.split(" ")[0], "approve close", "2026-10", "done"]);
  });

  it("has amounts moved by two people of finance, and not by those who did not sign in", async () => {
    const [one, other, operator] = [
      await signIn(app, "fay"),
      await signIn(app, "finn"),
      await signIn(app, "op"),
    ];
    const move = { from: "a", to: "c", amount: "120.50", month: "2026-10", reason: "The experiment was c's" };
    expect(await operator.post("/adjustments", move)).toMatchObject({ status: 403 });
    expect(await one.post("/adjustments", { ...move, amount: "0" })).toMatchObject({
      status: 409,
      detail: "Amount must be above zero; to move it the other way, exchange from and to",
    });
    const unseen = {
      status: 400,
      errors: [{ where: "reason", message: expect.stringContaining("direction") as unknown }],
    };
    expect(await one.post("/adjustments", { ...move, reason: "c's\u202e" })).toMatchObject(unseen);
    expect(await one.post("/decisions", { ...CLOSE, reason: "\u001b[2J" })).toMatchObject(unseen);
    expect(await one.post("/adjustments", { ...move, to: "nobodys" })).toMatchObject({
      status: 409,
      detail: 'There is no team "nobodys"',
    });
    const { id } = await one.post("/adjustments", move);
    expect(await waiting(other)).toMatchObject([
      { id, act: "adjust", title: "Move USD 120.50 from a to c", mayApprove: true },
    ]);
    expect(await operator.post(`/decisions/${String(id)}/approve`)).toMatchObject({ status: 403 });
    expect(await one.post(`/decisions/${String(id)}/approve`)).toMatchObject({ status: 403 });
    expect(await other.post(`/decisions/${String(id)}/approve`)).toMatchObject({ status: 200 });
    expect((await journals()).at(-1)).toEqual(["fay b <fay>", "finn b <finn>", "The experiment was c's"]);
    const { id: second } = await one.post("/adjustments", move);
    expect(await other.post(`/decisions/${String(second)}/withdraw`)).toMatchObject({ status: 200 });
    const deps = { ...test.platform, clickhouse: test.clickhouse, clock: () => now, firstMonth: undefined };
    const proposal = {
      from: { ownerKind: "team", teamId: "a", period: OCTOBER },
      to: { ownerKind: "team", teamId: "b", period: OCTOBER },
      cents: 1n,
      reason: "said on the command line",
      preparedBy: "fay",
    } as const;
    const { draft } = await proposeAdjustment(deps, proposal, 14);
    expect(await other.post(`/decisions/${draft.id}/approve`)).toMatchObject({
      status: 403,
      detail: expect.stringContaining("proposed on the command line") as unknown,
    });
    expect(await other.post(`/decisions/${draft.id}/withdraw`)).toMatchObject({ status: 200 });
    expect(await waiting(other)).toEqual([]);
  });

  it("shows who pays more and less for a month that is to be decided again, which is approved on the command line", async () => {
    const [finance, operator] = [await signIn(app, "finn"), await signIn(app, "op")];
    const { registry } = test.platform;
    const rules = {
      registry: {
        ...registry,
        rules: registry.rules.map((rule) =>
          rule.match.namespace === "team-a" ? { ...rule, owner: { kind: "team" as const, id: "c" } } : rule,
        ),
      },
      policies: policiesOf(allocationConfig.parse({ policies: MLFLOW_BY_RUNS })),
      expectedReadings: [],
    };
    const deps = { ...test.platform, clickhouse: test.clickhouse, clock: () => now };
    const proposal = { month: OCTOBER, reason: "team-a was c's", preparedBy: "fay" };
    const id = (await proposeDecision(deps, proposal, rules, 14)).draft?.id ?? "";
    const [shown] = (await waiting(finance)) as { effect: string }[];
    expect(shown).toMatchObject({
      id,
      act: "decide",
      title: "Decide October 2026 again",
      reason: "team-a was c's",
      mayApprove: false,
      mayWithdraw: true,
    });
    expect(shown?.effect).toMatch(/^Under the owners .* a pays USD [\d,.]+ less, c pays USD [\d,.]+ more/);
    expect(await finance.post(`/decisions/${id}/approve`)).toMatchObject({
      status: 403,
      detail: expect.stringContaining("it is approved there") as unknown,
    });
    expect(await operator.post(`/decisions/${id}/withdraw`)).toMatchObject({ status: 403 });
    expect(await finance.post(`/decisions/${id}/withdraw`)).toMatchObject({ status: 200 });
    expect(await waiting(finance)).toEqual([]);
  });

  it("has readings that two people release or drop, each once", async () => {
    now = new Date("2026-11-24T08:00:00Z");
    const at = "2026-11-24T06:00:00Z";
    const day = (date: string, amount: string) =>
      costReading(date, [cpu(amount, { namespace: "team-a" })], "two");
    await publish(test.log, day("2026-11-20", "10"), at);
    await publish(test.log, day("2026-11-21", "90000"), at);
    await publish(test.log, day("2026-11-22", "80000"), at);
    await test.settle();
    const held = (await pending(test)).map(({ id }) => id);
    expect(held).toHaveLength(2);
    const [one = "", other = ""] = held;
    const [ops, finance, second] = [
      await signIn(app, "op"),
      await signIn(app, "fay"),
      await signIn(app, "finn"),
    ];
    expect(await ops.post("/decisions", { act: "release", about: one, reason: " " })).toMatchObject({
      status: 400,
    });
    expect(await ops.post("/decisions", { act: "release", about: "none", reason: "x" })).toMatchObject({
      status: 404,
    });
    const release = await prepare(ops, { act: "release", about: one, reason: "a new product" });
    const drop = await prepare(ops, { act: "drop", about: other, reason: "a wrong price" });
    expect(await waiting(finance)).toMatchObject([
      {
        title: "Release cost of kubecost, two, 21 Nov 2026",
        effect: expect.stringContaining("USD 90,000.00 counts") as unknown,
      },
      { title: "Drop cost of kubecost, two, 22 Nov 2026", reason: "a wrong price" },
    ]);
    expect(await finance.post("/decisions", { act: "drop", about: one, reason: "no" })).toMatchObject({
      status: 409,
    });
    const both = await Promise.all(
      [finance, second].map((each) => each.post(`/decisions/${release}/approve`)),
    );
    expect(both.map(({ status }) => String(status)).toSorted()).toEqual(["200", "409"]);
    expect(await finance.post(`/decisions/${drop}/approve`)).toMatchObject({ status: 200 });
    expect(await finance.post(`/decisions/${drop}/approve`)).toMatchObject({ status: 200 });
    expect(
      await test.rows("SELECT decision, prepared_by, reason FROM quarantine_decisions ORDER BY decision"),
    ).toEqual([
      { decision: "drop", prepared_by: "op b <op>", reason: "a wrong price" },
      { decision: "release", prepared_by: "op b <op>", reason: "a new product" },
    ]);
    await test.settle();
    expect(
      await test.rows(
        "SELECT toString(amount) AS amount FROM current_snapshots WHERE scope = 'two' AND toDate(charge_period_start) > '2026-11-20'",
      ),
    ).toEqual([{ amount: "90000" }]);
    expect(
      (await readPrepared(test.clickhouse, now)).filter(({ state }) => state.kind === "waiting"),
    ).toEqual([]);
  });
});

describe("recommendations", () => {
  let advised: TestPlatform;
  beforeAll(async () => {
    advised = test;
    test = await openTestPlatform();
    now = new Date("2026-11-24T12:00:00Z");
    logged = [];
    const notebook = workload({
      namespace: "team-a",
      controller: "notebook",
      cpu_cost: "1",
      gpu_cost: "24",
      gpu_hours: "24",
      ...cpuHours("24", "14"),
    });
    const days = daysBetween(parseDay("2026-11-01"), parseDay("2026-11-23"));
    await publishAll(
      test.log,
      days.flatMap((day) => collected(day, [...LEAN, notebook])),
      "2026-11-24T06:00:00Z",
    );
    await test.settle({ now: "2026-11-24T06:00:00Z" });
  });
  afterAll(async () => {
    await test.close();
    test = advised;
  });

  it("are accepted and dismissed by finance, and by who leads the team, under their names", async () => {
    const app = await start();
    const [fay, leo, lea, op] = await Promise.all([
      signIn(app, "fay"),
      signIn(app, "leo"),
      signIn(app, "lea"),
      signIn(app, "op"),
    ]);
    const listed = async () =>
      (await fay.get("/recommendations"))["recommendations"] as {
        id: string;
        owner: string;
        stands: string;
      }[];
    const [first] = (await listed()).filter(({ owner }) => owner === "a");
    const path = `/recommendations/${first?.id ?? ""}/decision`;
    expect(await op.post(path, { decision: "accepted" })).toMatchObject({ status: 403 });
    const foreign = await lea.post(path, { decision: "accepted" });
    const unknown = await lea.post("/recommendations/none/decision", { decision: "accepted" });
    expect([foreign.status, String(foreign["detail"]).replace(first?.id ?? "", "none")]).toEqual([
      unknown.status,
      unknown["detail"],
    ]);
    expect((await lea.get("/decisions"))["may"]).toMatchObject({ close: false, advice: ["b"] });
    expect(await leo.post(path, { decision: "accepted" })).toMatchObject({ status: 200 });
    expect((await listed())[0]?.stands).toContain("leo b <leo>");
    expect(await fay.post(path, { decision: "accepted" })).toMatchObject({
      status: 409,
      detail: expect.stringContaining("accepted already, by leo") as unknown,
    });
    expect(await fay.post(path, { decision: "dismissed" })).toMatchObject({ status: 400 });
    const until = { decision: "dismissed", reason: "not now", until: "2026-11-01" };
    expect(await fay.post(path, until)).toMatchObject({
      status: 409,
      detail: "2026-11-01 is not after today",
    });
    expect(await fay.post(path, { ...until, until: "2026-12-24" })).toMatchObject({ status: 200 });
    expect((await listed()).map(({ id }) => id)).not.toContain(first?.id);
    expect(audit()).toContainEqual(["leo", "accepted", first?.id, "done"]);
  });
});
