import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readStatements } from "@apportion/books/months/read-statements";
import { readNotifications } from "@apportion/books/notifications/read-notifications";
import { createClickHouse, type ClickHouse } from "@apportion/clickhouse/client";
import { startEmbeddedClickHouse, type EmbeddedClickHouse } from "@apportion/clickhouse/embedded/supervisor";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { parseBillingPeriod } from "@apportion/domain/period";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { dashboards } from "@apportion/grafana/dashboards";
import { silentLogger } from "@apportion/runtime/logger";
import type { CliResult } from "./cli.js";
import { type Chosen, expanded, panelsOf, valuesOf, variablesOf } from "./panels.js";
import { copyToldDemo, TOLD_DEMO_TIMEOUT_MS } from "./told-demo.js";

describe("deploy/grafana, asked as the read-only user", { timeout: TOLD_DEMO_TIMEOUT_MS }, () => {
  const folder = mkdtempSync(join(tmpdir(), "apportion-dashboards-"));
  const data = join(folder, "data");
  let demo: CliResult;
  let engine: EmbeddedClickHouse;
  let [services, analyst]: (ClickHouse | undefined)[] = [];
  beforeAll(async () => {
    demo = await copyToldDemo(data);
    engine = await startEmbeddedClickHouse({ dataDir: data, logger: silentLogger });
    const { url, database, readonly } = engine;
    [services, analyst] = [createClickHouse(engine), createClickHouse({ url, database, ...readonly })];
  }, TOLD_DEMO_TIMEOUT_MS);
  afterAll(async () => {
    await services?.close();
    await analyst?.close();
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const answers = new Map<string, Promise<Record<string, unknown>[]>>();
  /** Nobody writes meanwhile: what was asked already is not asked again. */
  const ask = (sql: string): Promise<Record<string, unknown>[]> => {
    const answer = answers.get(sql) ?? askEngine(sql);
    answers.set(sql, answer);
    return answer;
  };
  async function askEngine(sql: string): Promise<Record<string, unknown>[]> {
    if (!analyst) throw new Error("the engine has not started");
    const answer = await analyst.query({ query: sql, format: "JSONEachRow" });
    return answer.json();
  }
  const made = [...dashboards("USD")];
  const panels = made.flatMap(([name, dashboard]) => panelsOf(name, dashboard));
  /** Everybody, and the days of all months of the demo. */
  const chosenOf = async (name: string, month: string, team?: string): Promise<Chosen> => ({
    from: new Date("2026-10-01T00:00:00Z"),
    to: new Date("2026-12-31T00:00:00Z"),
    variables: Object.fromEntries(
      await Promise.all(
        variablesOf(made.find(([each]) => each === name)?.[1]).map(async (variable) => [
          variable.name,
          team !== undefined && variable.name === "team" ? [team] : await valuesOf(ask, variable, month),
        ]),
      ),
    ),
  });

  it.each(["2026-10", "2026-11"])("answers every panel about %s with something sensible", async (month) => {
    expect(panels.length).toBeGreaterThan(50);
    for (const { dashboard, title, sql } of panels) {
      const rows = await ask(expanded(sql, await chosenOf(dashboard, month)));
      expect(rows, `${dashboard}: ${title}`).not.toEqual([]);
      expect(JSON.stringify(rows), `${dashboard}: ${title}`).not.toMatch(/\b(nan|inf)\b/);
      // No column is empty in all rows: but percentages of what was not there before, and a close that is to come.
      const always = Object.keys(rows[0] ?? {}).filter(
        (column) => !/Change|Statements|Closed|GPUs/.test(column),
      );
      for (const column of always)
        expect(
          rows.some((row) => row[column] !== null),
          `${dashboard}: ${title}: ${column}`,
        ).toBe(true);
    }
  });

  it("has the numbers of the books: charged, owed, counted, budget, total", async () => {
    const one = async (dashboard: string, title: RegExp, month: string, team?: string): Promise<string> => {
      const [panel, ...more] = panels.filter(
        (each) => each.dashboard === dashboard && title.test(each.title),
      );
      if (panel === undefined || more.length > 0 || !services) throw new Error(`not one panel: ${title}`);
      const [row = {}] = await ask(expanded(panel.sql, await chosenOf(dashboard, month, team)));
      return formatPicos(parsePicos(String(Object.values(row)[0])));
    };
    if (!services) throw new Error("the engine has not started");
    const october = await readStatements(services, parseBillingPeriod("2026-10"));
    const nlp = october?.teams.find(({ teamId }) => teamId === "nlp");
    const inCents = (cents = 0n): string => formatPicos(cents * PICOS_PER_CENT);
    expect(nlp?.cents).toBeGreaterThan(0n);
    expect(await one("teams", /^Posted/, "2026-10", "nlp")).toBe(inCents(nlp?.cents));
    expect(await one("finance", /^Posted/, "2026-10")).toBe(inCents(october?.cents));

    const november = JSON.parse(demo.stdout) as {
      allocated: string;
      idle: string;
      unallocated: string;
      accuracyPercent: string;
      statements: { team: string; total: string; settled: string; budget: string }[];
    };
    const same = (text = ""): string => formatPicos(parsePicos(text));
    for (const { team, total, settled, budget } of november.statements.slice(0, 3)) {
      expect(await one("teams", /^Owed for the month/, "2026-11", team)).toBe(same(total));
      expect(await one("teams", /^Counts for budgets/, "2026-11", team)).toBe(same(settled));
      expect(await one("teams", /^Budgets of the month/, "2026-11", team)).toBe(same(budget));
    }
    expect(await one("finance", /^Allocated/, "2026-11")).toBe(same(november.allocated));
    expect(await one("finance", /^Idle that/, "2026-11")).toBe(same(november.idle));
    expect(await one("finance", /^Unallocated/, "2026-11")).toBe(same(november.unallocated));
    expect(await one("finance", /^Attributed of/, "2026-11")).toBe(same(november.accuracyPercent));
  });

  it("tells of messages what `apportion notifications` does", async () => {
    if (!services) throw new Error("the engine has not started");
    const told = await readNotifications(services, {});
    const rows = await ask(
      "SELECT state, uniqExact((kind, billing_period, team_id, message_id)) AS messages FROM message_deliveries GROUP BY state",
    );
    expect(told.length).toBeGreaterThan(20);
    const counts = new Map(rows.map(({ state, messages }) => [state, Number(messages)]));
    for (const [state, count] of counts)
      expect(told.filter((each) => each.state === state)).toHaveLength(count);
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(told.length);
  });
});
