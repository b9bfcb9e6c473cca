import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DIMENSIONS, type Dimension } from "@apportion/books/costs/question";
import { readCosts } from "@apportion/books/costs/read-costs";
import { readMonth } from "@apportion/books/months/read-month";
import { explainStatement } from "@apportion/books/explain/statement";
import { EVERYBODY, type Viewer } from "@apportion/books/viewer";
import { OCTOBER } from "@apportion/pipeline/october";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import {
  addDays,
  type BillingPeriod,
  daysBetween,
  parseBillingPeriod,
  parseDay,
} from "@apportion/domain/period";
import { createApp } from "./server/app.js";
import { listen } from "./server/listen.js";
import type { ExplorerApp } from "./server/question.js";
import { BOOKS_TIMEOUT_MS, openTestBooks, registry, type TestBooks } from "./testing/books.js";

/** One question, one number: whatever is asked, in whatever way, the answers agree to the last digit that they show. */

let books: TestBooks;
let app: ExplorerApp;
let server: Awaited<ReturnType<typeof listen>>;
let assistant: Client;
beforeAll(async () => {
  books = await openTestBooks();
  app = createApp(books.deps);
  server = await listen(app, { host: "127.0.0.1", port: 0 });
  assistant = new Client({ name: "test", version: "1" });
  await assistant.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`)));
}, BOOKS_TIMEOUT_MS);
afterAll(async () => {
  await assistant.close();
  await server.close();
  await books.close();
});

interface CostsAnswer {
  readonly rows: readonly {
    readonly from: string;
    readonly values: readonly string[];
    readonly amount: string;
    readonly exact: string;
  }[];
  readonly total: { readonly amount: string; readonly exact: string };
}

interface Movement {
  readonly after: string;
  readonly filters: Readonly<Record<string, string>>;
}

const ask = async <T>(path: string): Promise<T> => {
  const response = await app.request(path, { headers: { host: "127.0.0.1" } });
  if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
};
const tool = async <T>(name: string, args: Record<string, unknown>): Promise<T> => {
  const { structuredContent, isError, content } = await assistant.callTool({ name, arguments: args });
  if (isError) throw new Error(JSON.stringify(content));
  return structuredContent as T;
};
const sum = (texts: readonly string[]): string =>
  formatPicos(texts.reduce((all, text) => all + parsePicos(text), 0n));

const FIRST = parseDay("2026-10-01");
const day = fc.integer({ min: 0, max: 34 }).map((count) => addDays(FIRST, count));
const whole = fc.constantFrom(
  ["2026-10-01", "2026-11-01"],
  ["2026-11-01", "2026-12-01"],
  ["2026-10-01", "2026-12-01"],
);
const some = fc
  .tuple(day, fc.integer({ min: 1, max: 20 }))
  .map(([from, count]) => [from, addDays(from, count)]);
const FILTERS: Partial<Record<Dimension, readonly string[]>> = {
  team: ["search", "checkout", "genomics", "idle", "unallocated"],
  category: ["cpu", "shared", "rate-variance", "unallocated"],
  costCenter: ["cc-web", "cc-lab"],
  namespace: ["team-search", "team-checkout"],
  pool: ["mlflow", ""],
  region: ["eu-west-1", ""],
};
const question = fc.record({
  window: fc.oneof(whole, some),
  step: fc.constantFrom("total", "month", "week", "day"),
  groupBy: fc.uniqueArray(fc.constantFrom(...DIMENSIONS), { maxLength: 3 }),
  filter: fc.option(
    fc.constantFrom(...(Object.keys(FILTERS) as Dimension[])).chain((name) =>
      fc.record({
        name: fc.constant(name),
        values: fc.uniqueArray(fc.constantFrom(...(FILTERS[name] ?? [])), { minLength: 1, maxLength: 2 }),
      }),
    ),
    { nil: undefined },
  ),
});

it("a hundred questions have one answer: API, CSV, assistants, and sums of the view that analysts ask", async () => {
  await fc.assert(
    fc.asyncProperty(question, async ({ window: [from = "", to = ""], step, groupBy, filter }) => {
      const parameters = new URLSearchParams({ from, to, step, groupBy: groupBy.join(",") });
      for (const value of filter?.values ?? []) parameters.append(filter?.name ?? "", value);
      const answer = await ask<CostsAnswer>(`/api/v1/costs?${parameters.toString()}`);
      // Rows add up, as printed and exactly.
      expect(sum(answer.rows.map(({ exact }) => exact))).toBe(answer.total.exact);
      expect(parsePicos(sum(answer.rows.map(({ amount }) => amount)))).toBe(parsePicos(answer.total.amount));
      // A refresh and a program say the same.
      expect(await ask(`/api/v1/costs?${parameters.toString()}`)).toEqual(answer);
      const told = await tool<CostsAnswer>("costs", {
        from,
        to,
        step,
        groupBy,
        ...(filter && { filters: { [filter.name]: filter.values } }),
      });
      expect([told.rows, told.total]).toEqual([answer.rows, answer.total]);
      const csv = await (
        await app.request(`/api/v1/costs.csv?${parameters.toString()}`, { headers: { host: "127.0.0.1" } })
      ).text();
      const last = csv.trim().split("\r\n").at(-1) ?? "";
      expect(last.endsWith(`${answer.total.amount},${answer.total.exact}`)).toBe(true);
      expect(csv.split("\r\n")).toHaveLength(answer.rows.length + 9);
      // What an analyst would ask of the view.
      const inView: Partial<Record<Dimension, string>> = {
        team: "if(owner_kind = 'team', team_id, owner_kind)",
        category: "category",
        namespace: "namespace",
        pool: "pool",
        region: "if(cluster = 'one', 'eu-west-1', '')",
      };
      if (filter && inView[filter.name] === undefined) return;
      const where = filter
        ? ` AND ${inView[filter.name]} IN (${filter.values.map((value) => `'${value}'`).join(", ")})`
        : "";
      const [row] = await books.rows(
        `SELECT toString(sum(toDecimal256(amount, 12))) AS total FROM current_allocations WHERE charge_day >= '${from}' AND charge_day < '${to}'${where}`,
      );
      expect(formatPicos(parsePicos(String(row?.["total"])))).toBe(answer.total.exact);
    }),
    { numRuns: 100, seed: 16 },
  );
}, 300_000);

it("the region of a cost is its cluster's, and what is of no cluster has none", async () => {
  const of = async (groupBy: Dimension): Promise<string[]> => {
    const month = "from=2026-10-01&to=2026-11-01&team=search";
    const { rows } = await ask<CostsAnswer>(`/api/v1/costs?${month}&groupBy=${groupBy}`);
    return rows.map(({ values, amount, exact }) => [...values, amount, exact].join(" "));
  };
  const byCluster = await of("cluster");
  expect(byCluster.map((row) => row.split(" ")[0])).toEqual(["", "one"]);
  expect(await of("region")).toEqual(byCluster.map((row) => row.replace(/^one /, "eu-west-1 ")));
});

it("lines that are at hand answer as the engine does, to whoever sees everybody or a team alone", async () => {
  const months = new Map<string, ReturnType<typeof readMonth>>();
  const used: string[] = [];
  const monthIfRead = (month: BillingPeriod): ReturnType<typeof readMonth> => {
    used.push(month);
    const known = months.get(month) ?? readMonth(books.clickhouse, month);
    months.set(month, known);
    return known;
  };
  const team = fc.uniqueArray(fc.constantFrom(...(FILTERS.team ?? [])), { minLength: 1, maxLength: 3 });
  const viewer = fc.constantFrom<Viewer>(EVERYBODY, { teams: ["search"], namesOf: [] });
  await fc.assert(
    fc.asyncProperty(question, team, viewer, async (asked, teams, who) => {
      const { step, groupBy, filter } = asked;
      const [from = "", to = ""] = asked.window;
      const filters = { ...(filter && { [filter.name]: filter.values }), team: teams };
      const of = { from: parseDay(from), to: parseDay(to), step, groupBy, filters };
      const [here, there] = [
        await readCosts(books.clickhouse, registry, who, of, { monthIfRead }),
        await readCosts(books.clickhouse, registry, who, of),
      ];
      expect(here).toEqual(there);
    }),
    { numRuns: 60, seed: 16 },
  );
  expect(used.length).toBeGreaterThan(20);
}, 300_000);

it("workloads of a payer and the rest are what its costs are, for any days and namespace", async () => {
  const payer = fc.constantFrom("search", "checkout", "genomics", "unallocated", "idle");
  const named = fc.constantFrom(undefined, "team-search", "team-checkout");
  await fc.assert(
    fc.asyncProperty(fc.oneof(whole, some), payer, named, async ([from = "", to = ""], team, namespace) => {
      const asked = new URLSearchParams({ from, to, team, ...(namespace && { namespace }) }).toString();
      const costs = await ask<CostsAnswer>(`/api/v1/costs?${asked}`);
      const { rows, rest, total } = await ask<
        Pick<CostsAnswer, "rows" | "total"> & { rest: CostsAnswer["total"] }
      >(`/api/v1/workloads?${asked}`);
      expect(total).toEqual(costs.total);
      expect(sum([...rows, rest].map(({ exact }) => exact))).toBe(total.exact);
      expect(parsePicos(sum([...rows, rest].map(({ amount }) => amount)))).toBe(parsePicos(total.amount));
      // Nothing is left that lines say is direct, but what the bill says of no workload.
      const direct = await ask<CostsAnswer>(`/api/v1/costs?${asked}&basis=direct`);
      expect(sum(rows.map(({ exact }) => exact))).toBe(direct.total.exact);
    }),
    { numRuns: 25, seed: 16 },
  );
}, 300_000);

it("what a difference is made of is found among costs, with the same amounts", async () => {
  const { payers } = await ask<{ payers: { movements: Movement[] }[] }>(
    "/api/v1/compare?before=2026-10&after=2026-11&team=search",
  );
  const movements = payers[0]?.movements.filter(({ filters }) => filters["pool"]) ?? [];
  expect(movements.length).toBeGreaterThan(0);
  for (const { filters, after } of movements) {
    const asked = new URLSearchParams({ from: "2026-11-01", to: "2026-12-01", team: "search", ...filters });
    const { total } = await ask<CostsAnswer>(`/api/v1/costs?${asked.toString()}`);
    expect([filters, total.exact]).toEqual([filters, after]);
  }
});

it("a month by team is the statement, what was posted, the overview and what explain says, to the cent", async () => {
  for (const month of ["2026-10", "2026-11"]) {
    const [from, to] = month === "2026-10" ? ["2026-10-01", "2026-11-01"] : ["2026-11-01", "2026-12-01"];
    const { rows } = await ask<CostsAnswer>(`/api/v1/costs?from=${from}&to=${to}&groupBy=team`);
    const overview = await ask<{ teams: { team: string; amount: string }[]; total: string }>(
      `/api/v1/overview?month=${month}`,
    );
    // In any finer grouping what is a team's adds up to its statement.
    for (const finer of ["groupBy=team&step=day", "groupBy=namespace,team", "groupBy=team,cluster,service"]) {
      const fine = await ask<CostsAnswer>(`/api/v1/costs?from=${from}&to=${to}&${finer}`);
      const at = finer.startsWith("groupBy=team") ? 0 : 1;
      for (const { values, amount } of rows) {
        const own = fine.rows.filter((row) => row.values[at] === values[0]);
        expect(parsePicos(sum(own.map((row) => row.amount)))).toBe(parsePicos(amount));
      }
    }
    for (const { id } of registry.teams) {
      const own = rows.find(({ values: [team] }) => team === id);
      const statement = await ask<{ total: string; lines: { amount: string; exact: string }[] }>(
        `/api/v1/teams/${id}/months/${month}/statement`,
      );
      const { charged } = await explainStatement(books.clickhouse, EVERYBODY, parseBillingPeriod(month), id);
      expect([own?.amount, overview.teams.find(({ team }) => team === id)?.amount]).toEqual([
        statement.total,
        statement.total,
      ]);
      expect(parsePicos(charged)).toBe(parsePicos(statement.total));
      expect(parsePicos(sum(statement.lines.map(({ amount }) => amount)))).toBe(parsePicos(statement.total));
      const { document } = await ask<{ document: { title: string } }>(
        `/api/v1/teams/${id}/months/${month}/report`,
      );
      expect(document.title).toContain(statement.total);
      if (month !== OCTOBER) continue;
      const [posted] = await books.rows(
        `SELECT toString(sum(signed_amount)) AS total FROM posted_entries WHERE billing_period = '${month}' AND kind = 'statement' AND team_id = '${id}'`,
      );
      expect(parsePicos(String(posted?.["total"]))).toBe(parsePicos(statement.total));
    }
  }
});

it("OpenCost's clients see the same amounts, as the nearest numbers", async () => {
  const window = "2026-11-01T00:00:00Z,2026-11-04T00:00:00Z";
  const { data } = await ask<{ data: Record<string, { totalCost: number; cpuCost: number }>[] }>(
    `/allocation/compute?window=${window}&aggregate=label:team&accumulate=true&includeIdle=true`,
  );
  const { rows } = await ask<CostsAnswer>("/api/v1/costs?from=2026-11-01&to=2026-11-04&groupBy=team");
  const [set = {}] = data;
  for (const {
    values: [team = ""],
    exact,
  } of rows)
    expect(
      set[team === "idle" ? "__idle__" : team === "unallocated" ? "__unallocated__" : team]?.totalCost,
    ).toBe(Number(exact));
  const byDay = await ask<{ data: object[] }>(`/allocation?window=${window}&aggregate=namespace&step=1d`);
  expect(byDay.data).toHaveLength(daysBetween(parseDay("2026-11-01"), parseDay("2026-11-04")).length);
});

it("after another day is read every answer is the new one, and what is about closed months stays as it was", async () => {
  const closed = "/api/v1/costs?from=2026-10-01&to=2026-11-01&groupBy=team,category";
  const open = "/api/v1/costs?from=2026-11-01&to=2026-12-01&groupBy=team";
  const tagOf = async (path: string): Promise<string> =>
    (await app.request(path, { headers: { host: "127.0.0.1" } })).headers.get("etag") ?? "";
  const [tag, before, was] = [
    await tagOf(closed),
    await ask<CostsAnswer>(closed),
    await ask<CostsAnswer>(open),
  ];
  const again = await app.request(closed, { headers: { host: "127.0.0.1", "if-none-match": tag } });
  expect(again.status).toBe(304);
  const others = [
    "/api/v1/overview?month=2026-11",
    "/api/v1/compare?before=2026-10&after=2026-11&team=search",
    "/api/v1/teams/search/months/2026-11/statement",
    "/api/v1/teams/search/months/2026-11/lines/1",
    "/api/v1/teams/search/months/2026-11/report",
    "/api/v1/workloads?from=2026-11-01&to=2026-12-01&team=search",
    "/api/v1/forecast?month=2026-11",
  ];
  const old = await Promise.all(others.map((path) => ask(path)));
  await books.addDay("2026-11-04");
  await expect.poll(async () => (await ask<CostsAnswer>(open)).total.exact).not.toBe(was.total.exact);
  expect(await ask(closed)).toEqual(before);
  for (const [at, path] of others.entries()) expect([path, await ask(path)]).not.toEqual([path, old[at]]);
  const other = createApp(books.deps);
  const restarted = await other.request(open, { headers: { host: "127.0.0.1" } });
  expect(await restarted.json()).toEqual(await ask(open));
  for (const path of others) {
    const anew = await other.request(path, { headers: { host: "127.0.0.1" } });
    expect([path, await anew.json()]).toEqual([path, await ask(path)]);
  }
});
