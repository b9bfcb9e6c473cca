import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { openTestPlatform, registryWith, type TestPlatform } from "@apportion/pipeline/platform";
import { createLogger, type Logger } from "@apportion/runtime/logger";
import { Secret } from "@apportion/runtime/secret";
import { explorerConfig } from "../config.js";
import { Browser, CLIENT, startProvider, type TestProvider } from "../testing/provider.js";
import { createApp } from "./app.js";
import type { ExplorerApp } from "./question.js";

/** People sign in at a real provider; what they may see then is what it says of them. */

const PUBLIC = "https://costs.example.com";
const SESSION = "__Host-apportion-session";
const registry = registryWith({
  teams: [
    { id: "search", costCenter: "cc-web" },
    { id: "checkout", costCenter: "cc-web" },
    { id: "genomics", costCenter: "cc-lab", complianceLevel: "hipaa" },
  ],
});
const groups: Record<string, readonly string[]> = {};
const TOKEN = "a-token-of-a-program-that-is-long-enough";

let test: TestPlatform;
let provider: TestProvider;
let now: Date;
let logged: string[];
let app: ExplorerApp;
let browser: Browser;

const logger: Logger = new Proxy(createLogger("silent"), {
  get: (_, level) => (fields: object, message: string) =>
    logged.push(`${String(level)} ${JSON.stringify(fields)} ${message}`),
});

beforeAll(async () => {
  test = await openTestPlatform();
  provider = await startProvider({ redirectUri: `${PUBLIC}/auth/callback`, groups });
});
afterAll(async () => {
  await provider.close();
  await test.close();
});

function configOf(others: object = {}, tokens: readonly object[] = []) {
  return explorerConfig.parse({
    host: "0.0.0.0",
    signIn: {
      issuer: provider.issuer,
      clientId: CLIENT.id,
      clientSecret: new Secret(CLIENT.secret),
      publicUrl: `${PUBLIC}/`,
      rolesFrom: {
        claim: "groups",
        values: { finops: ["finance"], leads: ["lead"], data: ["analyst"], ops: ["operator"] },
      },
      teamsFrom: {
        claim: "groups",
        values: { "team-search": ["search"], "team-lab": ["genomics", "search"] },
      },
      askForAccess: "finops@example.com",
      sessionHours: 2,
      ...others,
    },
    tokens,
  });
}

function appOf(others: object = {}, tokens?: readonly object[]): ExplorerApp {
  const deps = { ...test.platform, clickhouse: test.clickhouse, registry, logger, clock: () => now };
  return createApp({ ...deps, closeRules: undefined }, configOf(others, tokens));
}

const browserOf = (of: ExplorerApp): Browser => new Browser(PUBLIC, (url, init) => of.request(url, init));

beforeEach(() => {
  now = new Date();
  logged = [];
  Object.assign(groups, {
    fay: ["finops"],
    leo: ["leads", "team-search", "other"],
    lab: ["leads", "team-lab"],
    ann: ["data"],
    nobody: ["other"],
    teamless: ["leads"],
  });
  app = appOf({}, [
    { name: "invoicing", secret: new Secret(TOKEN), roles: ["lead"], teams: ["checkout"] },
    { name: "other", secret: new Secret(`${TOKEN}-2`), roles: ["finance"] },
  ]);
  browser = browserOf(app);
});

const me = async (by: Browser = browser): Promise<Record<string, unknown>> => {
  const response = await by.ask(`${PUBLIC}/api/v1/me`, { headers: { accept: "application/json" } });
  return { status: response.status, ...((await response.json()) as object) };
};

it("leads whoever opens a page to the provider and back to that page, in a session of their own", async () => {
  const opened = await browser.signIn("leo", `${PUBLIC}/api/v1/me?`);
  expect(JSON.parse(opened.text)).toMatchObject({
    name: "leo <b>",
    by: "sign-in",
    roles: ["lead"],
    teams: ["search"],
    teamNames: [{ id: "search" }],
    access: "You see the teams that you lead",
    signOut: "/auth/sign-out",
  });
  const asked = new URL(browser.visited.find((url) => url.startsWith(`${provider.issuer}/auth`)) ?? "");
  expect(Object.fromEntries(asked.searchParams)).toMatchObject({
    response_type: "code",
    code_challenge_method: "S256",
    scope: "openid profile email",
  });
  expect([...browser.cookiesOf(PUBLIC).keys()]).toEqual([SESSION]);
  expect(logged.join("\n")).toMatch(/"audit":"sign-in","subject":"leo".*"teams":\["search"\]/);
});

it("gives a cookie that scripts, other hosts and plain connections do not get", async () => {
  const callback = await browser.signIn("fay", `${PUBLIC}/auth/sign-in`, (url) =>
    url.includes("/auth/callback?"),
  );
  const response = await browser.ask(callback.url);
  const [cookie] = response.headers.getSetCookie().filter((each) => each.startsWith(SESSION));
  expect(cookie).toMatch(/; Max-Age=7200; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("location")).toBe(`${PUBLIC}/`);
  expect(response.headers.get("strict-transport-security")).toMatch(/max-age/);
});

it.each([
  ["fay", { roles: ["finance"], teams: "all", access: /every team, but for names/ }],
  ["ann", { roles: ["analyst"], teams: "all", access: /every team, but for names/ }],
  ["lab", { roles: ["lead"], teams: ["search", "genomics"], access: /you lead/ }],
])("%s sees what their groups give them", async (who, { roles, teams, access }) => {
  await browser.signIn(who, `${PUBLIC}/`);
  expect(await me()).toMatchObject({ roles, teams, access: expect.stringMatching(access) as unknown });
});

it("does not answer one with what another may see, though both see the same", async () => {
  await browser.signIn("ann", `${PUBLIC}/`);
  groups["ops"] = ["ops"];
  const other = browserOf(app);
  await other.signIn("ops", `${PUBLIC}/`);
  expect([(await me())["name"], (await me(other))["name"]]).toEqual(["ann <b>", "ops <b>"]);
});

it.each(["nobody", "teamless"])(
  "tells %s, who has no role, whom to ask, and lets them see nothing",
  async (who) => {
    const opened = await browser.signIn(who, `${PUBLIC}/`);
    expect(opened).toMatchObject({ status: 403, url: expect.stringContaining("/auth/callback") as unknown });
    expect(opened.text).toContain(`${who} &lt;b&gt;`);
    expect(opened.text).toContain("ask finops@example.com");
    expect(await me()).toMatchObject({ status: 401, signIn: "/auth/sign-in" });
  },
);

it("takes what was taken away from somebody with the next sign-in, and teams that are gone at once", async () => {
  await browser.signIn("lab", `${PUBLIC}/`);
  const key = new Secret("k".repeat(40));
  const [before, after] = [appOf({ sessionKey: key }), appOf({ sessionKey: key })];
  const kept = browserOf(before);
  await kept.signIn("lab", `${PUBLIC}/`);
  const moved = browserOf(after);
  moved.cookiesOf(PUBLIC).set(SESSION, kept.cookiesOf(PUBLIC).get(SESSION) ?? "");
  expect(await me(moved)).toMatchObject({ teams: ["search", "genomics"] });
  groups["lab"] = ["leads", "team-search"];
  now = new Date(now.getTime() + 2 * 3_600_000 + 1);
  expect(await me(moved)).toMatchObject({ status: 401 });
  await moved.signIn("lab", `${PUBLIC}/`);
  expect(await me(moved)).toMatchObject({ teams: ["search"] });
});

it("ends a session after its time, whatever the browser says, and says so where to sign in", async () => {
  await browser.signIn("fay", `${PUBLIC}/`);
  now = new Date(now.getTime() + 2 * 3_600_000 - 1);
  expect(await me()).toMatchObject({ status: 200 });
  now = new Date(now.getTime() + 1);
  expect(await me()).toMatchObject({
    status: 401,
    title: "Sign in first",
    signIn: "/auth/sign-in",
    detail: expect.stringContaining("not any more") as unknown,
  });
  const page = await browser.ask(`${PUBLIC}/teams/search?month=2026-10`);
  expect(page.headers.get("location")).toBe("/auth/sign-in?returnTo=%2Fteams%2Fsearch%3Fmonth%3D2026-10");
});

it("knows no cookie that it did not sign, nor one of another kind", async () => {
  await browser.signIn("leo", `${PUBLIC}/`);
  const genuine = decodeURIComponent(browser.cookiesOf(PUBLIC).get(SESSION) ?? "");
  const [payload = "", signature = ""] = genuine.split(".");
  const more = {
    ...(JSON.parse(Buffer.from(payload, "base64url").toString()) as object),
    roles: ["finance"],
  };
  const forged = Buffer.from(JSON.stringify(more)).toString("base64url");
  for (const value of [`${forged}.${signature}`, payload, `${payload}.`, `${payload}.${"A".repeat(43)}=`]) {
    browser.cookiesOf(PUBLIC).set(SESSION, encodeURIComponent(value));
    expect(await me()).toMatchObject({ status: 401 });
  }
  const other = browserOf(appOf());
  other.cookiesOf(PUBLIC).set(SESSION, encodeURIComponent(genuine));
  expect(await me(other)).toMatchObject({ status: 401 });
  const begun = browserOf(app);
  await begun.open(`${PUBLIC}/auth/sign-in`, {}, (url) => url.startsWith(provider.issuer));
  const underWay = begun.cookiesOf(PUBLIC).get("__Host-apportion-signing-in") ?? "";
  begun.cookiesOf(PUBLIC).set(SESSION, underWay);
  expect(underWay).not.toBe("");
  expect(await me(begun)).toMatchObject({ status: 401 });
});

it("takes an answer of the provider once, from the browser that asked, and with its own state", async () => {
  const isBack = (url: string): boolean => url.includes("/auth/callback?");
  const { url } = await browser.signIn("fay", `${PUBLIC}/auth/sign-in`, isBack);
  const stranger = browserOf(app);
  expect(await stranger.open(url)).toMatchObject({
    status: 400,
    text: expect.stringContaining("over") as unknown,
  });
  const wrong = new URL(url);
  wrong.searchParams.set("state", "another");
  expect(await browser.open(wrong.href)).toMatchObject({ status: 400, url: wrong.href });
  expect(await browser.open(url)).toMatchObject({ status: 400 });
  expect(browser.cookiesOf(PUBLIC).has(SESSION)).toBe(false);
  // A code of somebody else, carried into a sign-in that the victim's browser began: state fits, nonce and verifier do not.
  const attacker = await stranger.signIn("fay", `${PUBLIC}/auth/sign-in`, isBack);
  await browser.open(`${PUBLIC}/auth/sign-in`, {}, (to) => to.startsWith(provider.issuer));
  const state = new URL(browser.visited.at(-1) ?? "").searchParams.get("state") ?? "";
  const carried = new URL(attacker.url);
  carried.searchParams.set("state", state);
  expect(await browser.open(carried.href)).toMatchObject({ status: 400 });
  expect(browser.cookiesOf(PUBLIC).has(SESSION)).toBe(false);
  expect(logged.filter((line) => line.startsWith("warn") && line.includes("did not succeed"))).toHaveLength(
    2,
  );
  expect(logged.join("\n")).not.toContain(new URL(url).searchParams.get("code"));
});

it("says what the provider says where it refuses, and escapes it", async () => {
  await browser.open(`${PUBLIC}/auth/sign-in`, {}, (url) => url.startsWith(provider.issuer));
  const { searchParams } = new URL(browser.visited.at(-1) ?? "");
  const answer = new URLSearchParams({
    error: "access_denied",
    error_description: "<script>no</script>",
    state: searchParams.get("state") ?? "",
    iss: provider.issuer,
  });
  const opened = await browser.open(`${PUBLIC}/auth/callback?${answer.toString()}`);
  expect(opened.status).toBe(403);
  expect(opened.text).toContain("&lt;script&gt;no&lt;/script&gt;");
});

it("takes ten minutes for a sign-in, not more", async () => {
  const { url } = await browser.signIn("fay", `${PUBLIC}/auth/sign-in`, (to) =>
    to.includes("/auth/callback?"),
  );
  now = new Date(now.getTime() + 10 * 60_000 + 1);
  expect(await browser.open(url)).toMatchObject({ status: 400 });
});

it.each([
  ["/overview?month=2026-10", "/overview?month=2026-10"],
  ["https://evil.example.com/", "/"],
  ["//evil.example.com/", "/"],
  ["/\\evil.example.com/", "/"],
  ["/\t/evil.example.com/", "/"],
  ["/.//evil.example.com/", "/"],
  ["/x/..//evil.example.com/", "/"],
  ["javascript:alert(1)", "/"],
  ["/auth/sign-in", "/"],
  [`/${"x".repeat(2_000)}`, "/"],
])("leads from %j to nothing but these pages", async (returnTo, expected) => {
  const from = `${PUBLIC}/auth/sign-in?${new URLSearchParams({ returnTo }).toString()}`;
  const { url } = await browser.signIn("fay", from, (to) => to.includes("/auth/callback?"));
  expect((await browser.ask(url)).headers.get("location")).toBe(`${PUBLIC}${expected}`);
});

it("signs out by a form of its own page alone", async () => {
  await browser.signIn("fay", `${PUBLIC}/`);
  const signOut = (headers: Record<string, string>): Promise<Response> =>
    browser.ask(`${PUBLIC}/auth/sign-out`, { method: "POST", headers });
  for (const headers of [
    {},
    { origin: "https://evil.example.com" },
    { "sec-fetch-site": "same-site", origin: PUBLIC },
  ])
    expect((await signOut(headers)).status).toBe(403);
  expect(await me()).toMatchObject({ status: 200 });
  const response = await signOut({ origin: PUBLIC, "sec-fetch-site": "same-origin" });
  expect([response.status, response.headers.get("location")]).toEqual([303, "/auth/signed-out"]);
  expect(await me()).toMatchObject({ status: 401 });
  expect((await browser.open(`${PUBLIC}/auth/signed-out`)).text).toContain("You are signed out");
});

it("answers what is asked with a body only where a page of its own asks in a session", async () => {
  await browser.signIn("fay", `${PUBLIC}/`);
  const simulate = (headers: Record<string, string>): Promise<Response> =>
    browser.ask(`${PUBLIC}/api/v1/simulations`, {
      method: "POST",
      headers,
      body: JSON.stringify({ month: "2026-10", policies: "policies: []" }),
    });
  const json = { "content-type": "application/json" };
  for (const headers of [
    json,
    { origin: PUBLIC, "content-type": "text/plain" },
    { ...json, origin: "https://evil.example.com" },
    { ...json, origin: PUBLIC.replace("https", "http") },
    { ...json, origin: "null" },
    { ...json, origin: PUBLIC, "sec-fetch-site": "cross-site" },
  ])
    expect((await simulate(headers)).status).toBe(403);
  expect((await simulate({ ...json, origin: PUBLIC })).status).not.toBe(403);
  const byToken = await app.request(`${PUBLIC}/api/v1/simulations`, {
    method: "POST",
    headers: { host: "costs.example.com", authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ month: "2026-10", policies: "policies: []" }),
  });
  expect(byToken.status).not.toBe(403);
});

it("is asked under its own name, or that of this machine", async () => {
  const statusOf = async (host: string): Promise<number> =>
    (await app.request("http://any/api/v1/me", { headers: { host, authorization: `Bearer ${TOKEN}` } }))
      .status;
  expect(
    await Promise.all(["costs.example.com", "127.0.0.1:8480", "[::1]:1", "localhost"].map(statusOf)),
  ).toEqual([200, 200, 200, 200]);
  expect(
    await Promise.all(
      [
        "evil.example.com",
        "costs.example.com.evil.example.com",
        "127.0.0.1.evil.example.com",
        "x@127.0.0.1",
        "",
      ].map(statusOf),
    ),
  ).toEqual([421, 421, 421, 421, 421]);
  const response = await app.request("http://127.0.0.1/auth/sign-in?returnTo=/x", {
    headers: { host: "127.0.0.1" },
  });
  expect(response.headers.get("location")).toBe(`${PUBLIC}/auth/sign-in?returnTo=%2Fx`);
});

it("knows a program by its token, and no other, and no token is ever logged", async () => {
  const asked = async (authorization: string): Promise<Record<string, unknown>> => {
    const headers = { host: "costs.example.com", authorization };
    const response = await app.request(`${PUBLIC}/api/v1/me`, { headers });
    const authenticate = response.headers.get("www-authenticate");
    return { status: response.status, authenticate, ...((await response.json()) as object) };
  };
  expect(await asked(`Bearer ${TOKEN}`)).toMatchObject({
    status: 200,
    by: "token",
    name: "invoicing",
    teams: ["checkout"],
    roles: ["lead"],
  });
  expect(await asked(`bearer ${TOKEN}-2`)).toMatchObject({ name: "other", teams: "all" });
  for (const wrong of [
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    "Bearer ",
    `Basic ${TOKEN}`,
    TOKEN,
    "",
  ])
    expect(await asked(wrong)).toMatchObject({ status: 401, authenticate: 'Bearer realm="apportion"' });
  await browser.signIn("fay", `${PUBLIC}/`);
  const both = await browser.ask(`${PUBLIC}/api/v1/me`, { headers: { authorization: "Bearer wrong" } });
  expect(both.status).toBe(401);
  expect(logged.join("\n")).not.toContain(TOKEN);
});

it("lets nobody ask without end, and one person's hurry is no other's", async () => {
  const ask = async (token: string): Promise<Response> =>
    app.request(`${PUBLIC}/api/nothing`, {
      headers: { host: "costs.example.com", authorization: `Bearer ${token}` },
    });
  for (let count = 0; count < 1_200; count++) await ask(TOKEN);
  const refused = await ask(TOKEN);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "60"]);
  expect((await ask(`${TOKEN}-2`)).status).toBe(404);
  now = new Date(now.getTime() + 60_000);
  expect((await ask(TOKEN)).status).toBe(404);
  for (let count = 0; count < 600; count++) await ask("a-wrong-one");
  expect((await ask("a-wrong-one")).status).toBe(429);
});

it("opens nothing without a sign-in: pages, API, assistants, other clients, or what there is not", async () => {
  for (const path of [
    "/api/v1/me",
    "/api/v1/openapi.json",
    "/api/v1/costs.csv",
    "/allocation",
    "/mcp",
    "/assets/a.js",
    "/x",
  ]) {
    const response = await app.request(`${PUBLIC}${path}`, { headers: { host: "costs.example.com" } });
    expect([path, response.status]).toEqual([path, 401]);
  }
  const posted = await app.request(`${PUBLIC}/mcp`, {
    method: "POST",
    headers: { host: "costs.example.com" },
  });
  expect(posted.status).toBe(401);
});

it("starts while the provider is away, says so to who signs in, and signs them in once it is there", async () => {
  const gone = await startProvider({ redirectUri: `${PUBLIC}/auth/callback`, groups });
  await gone.close();
  const waiting = appOf({ issuer: gone.issuer });
  const later = browserOf(waiting);
  const opened = await later.open(`${PUBLIC}/auth/sign-in?returnTo=/teams`);
  expect(opened.status).toBe(503);
  expect(opened.text).toContain(`${gone.issuer} does not answer`);
  expect(opened.text).toContain("/auth/sign-in?returnTo=%2Fteams");
  expect(await me(later)).toMatchObject({ status: 401 });
  const program = await waiting.request(`${PUBLIC}/auth/sign-in`, { headers: { host: "costs.example.com" } });
  expect([program.status, program.headers.get("retry-after")]).toEqual([503, "5"]);
  const port = Number(new URL(gone.issuer).port);
  const back = await startProvider({ redirectUri: `${PUBLIC}/auth/callback`, groups, port });
  await expect
    .poll(async () => (await later.open(`${PUBLIC}/auth/sign-in`)).status, { timeout: 20_000, interval: 500 })
    .toBe(200);
  await later.signIn("fay", `${PUBLIC}/`);
  expect(await me(later)).toMatchObject({ status: 200 });
  await back.close();
});

it("holds no session that a browser would not keep", async () => {
  const many = Array.from({ length: 400 }, (_, index) => `a-team-with-a-name-${index}`);
  const deps = {
    ...test.platform,
    clickhouse: test.clickhouse,
    logger,
    clock: () => now,
    closeRules: undefined,
  };
  const large = createApp(
    { ...deps, registry: registryWith({ teams: many.map((id) => ({ id, costCenter: "cc" })) }) },
    configOf({ teamsFrom: { claim: "groups", values: { leads: many } } }),
  );
  const opened = await browserOf(large).signIn("leo", `${PUBLIC}/`);
  expect(opened).toMatchObject({ status: 403, text: expect.stringContaining("These are 400") as unknown });
});
