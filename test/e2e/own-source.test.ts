import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { CostFactRow, Dataset, Reading } from "@apportion/domain/facts";
import { chargePeriodOf, type Day } from "@apportion/domain/period";
import { defineCollector } from "@apportion/platform/entry";
import { closedMonthsConfig } from "@apportion/readings/closed-months";
import { createCollector, type Collector } from "@apportion/readings/collector";
import { createReadingPublisher } from "@apportion/readings/publisher";
import { failedReading, type FailedReading, type Source } from "@apportion/readings/source";
import { createUpstream, type Upstream } from "@apportion/readings/upstream";
import { upstreamConfig } from "@apportion/readings/upstream-config";
import { runCli } from "apportion/cli";
import { COLLECTORS, type AnyCollector } from "apportion/collectors";
import { apportionJsonSchema } from "apportion/config";

/*
 * A source that Apportion does not know: a supplier that invoices seats and builds by account, over HTTP. All that there is of it stands
 * here, as it would in a package `services/collector-x`; it is composed with the others in one line.
 */

const invoice = z.object({
  lines: z.array(
    z.object({
      product: z.string(),
      kind: z.enum(["Usage", "Tax"]),
      team: z.string().default(""),
      namespace: z.string().default(""),
      amount: z.string(),
    }),
  ),
});
type Invoice = z.output<typeof invoice>;

const supplierConfig = upstreamConfig.extend({
  accounts: z.array(z.string()).min(1).describe("Accounts that are invoiced"),
});
const SCHEDULE = {
  schedule: "0 6 * * *",
  lookbackDays: 4,
  closedMonths: closedMonthsConfig(0).parse(undefined),
  readsBill: false,
};

function supplier(source: string) {
  return defineCollector({
    name: `collector-${source}`,
    section: source,
    schema: supplierConfig,
    meaning: "Invoices of a supplier, by account",
    uses: [],
    owns: [{ source }],
    readings: ({ accounts }) =>
      accounts.flatMap((scope) => (["cost", "bill"] as const).map((dataset) => ({ dataset, source, scope }))),
    async create(config, platform): Promise<Collector> {
      const name = `collector-${source}`;
      const publisher = await createReadingPublisher({ ...platform, producer: `/apportion/${name}` });
      const upstream = createUpstream(config);
      const sources = (["cost", "bill"] as const).map((dataset) =>
        invoices({ dataset, source }, config.accounts, upstream),
      );
      return createCollector({ ...platform, name, sources, publisher }, SCHEDULE);
    },
  });
}

function invoices(
  { dataset, source }: { readonly dataset: Dataset & ("cost" | "bill"); readonly source: string },
  accounts: readonly string[],
  upstream: Upstream,
): Source {
  return {
    name: source,
    dataset,
    scopes: accounts,
    async *read(scope, days, signal): AsyncGenerator<Reading | FailedReading> {
      for (const day of days) {
        const chargePeriod = chargePeriodOf(day);
        try {
          const answer = await upstream.json({ method: "GET", path: `/${scope}/${day}`, signal }, invoice);
          yield dataset === "cost"
            ? {
                key: { dataset, source, scope, chargePeriod },
                rows: costsOf(answer, scope),
                finality: "final",
              }
            : {
                key: { dataset, source, scope, chargePeriod },
                rows: billOf(answer, source),
                finality: "final",
              };
        } catch (error) {
          yield failedReading({ dataset, source, scope, chargePeriod }, error);
        }
      }
    },
  };
}

function costsOf({ lines }: Invoice, account: string): CostFactRow[] {
  return lines.map(({ product, kind, team, namespace, amount }) => ({
    kind: "bill",
    account,
    service: product,
    record_type: kind,
    team_label: team,
    namespace,
    effective_cost: amount,
    billed_cost: amount,
  }));
}

function billOf({ lines }: Invoice, owner: string): Reading<"bill">["rows"] {
  return lines.map(({ product, kind, amount }) => ({
    service: product,
    usage_type: "",
    record_type: kind,
    owner,
    billed_cost: amount,
    amortized_cost: amount,
    effective_cost: amount,
    usage_quantity: "0",
  }));
}

const INVOICES: Readonly<Record<string, z.input<typeof invoice>["lines"]>> = {
  eu: [
    { product: "Seats", kind: "Usage", team: "a", amount: "10.000000000001" },
    { product: "Seats", kind: "Usage", team: "strangers", amount: "0.000000000002" },
    { product: "Builds", kind: "Usage", namespace: "team-b", amount: "2" },
    { product: "Tracing", kind: "Usage", amount: "3.1" },
  ],
  us: [
    { product: "Seats", kind: "Usage", team: "b", amount: "7.5" },
    { product: "Seats", kind: "Tax", amount: "1.25" },
  ],
};
const DAILY = "23.850000000003";
const BROKEN_DAY = "2026-11-22" as Day;

const config = (url: string, more = ""): string => `
currency: USD
logLevel: silent
bill: none
teams:
  - { id: a, costCenter: cc-a }
  - { id: b, costCenter: cc-b }
sharedServices: [{ id: tracing, owns: [{ service: Tracing }] }]
allocation: { policies: [{ pool: tracing, methods: [{ kind: even }] }] }
supplier: { url: "${url}", accounts: [eu, us], attemptsMax: 1 }
${more}`;

describe("a source of one's own, composed with the others", { timeout: 120_000 }, () => {
  const collectors: readonly AnyCollector[] = [...COLLECTORS, supplier("supplier"), supplier("mirror")];
  let folder: string;
  let server: Server;
  let url: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "apportion-own-source-"));
    server = createServer(({ url: path = "" }, response) => {
      const [, account = "", day = ""] = path.split("/");
      if (account === "us" && day === BROKEN_DAY) response.writeHead(500).end("closed for today");
      else response.end(JSON.stringify({ lines: INVOICES[account] }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    writeFileSync(join(folder, "apportion.yaml"), config(url));
    writeFileSync(join(folder, "twice.yaml"), config(url, `mirror: { url: "${url}", accounts: [eu] }`));
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const command = async (
    args: readonly string[],
    file = "apportion.yaml",
  ): Promise<{ code: number; stdout: string; stderr: string }> => {
    const said = { stdout: "", stderr: "" };
    const sink = (name: keyof typeof said): NodeJS.WritableStream =>
      ({ write: (text: string) => (said[name] += text) }) as unknown as NodeJS.WritableStream;
    const where = ["--config", join(folder, file), "--data", join(folder, "data")];
    const code = await runCli(["node", "apportion", ...args, ...where], {
      env: {},
      stdout: sink("stdout"),
      stderr: sink("stderr"),
      now: () => new Date("2026-11-24T06:00:00Z"),
      collectors,
    });
    return { code, ...said };
  };
  const rows = async (sql: string): Promise<unknown[]> => {
    const { stdout } = await command(["sql", sql, "--format", "JSONEachRow"]);
    return stdout
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
  };

  it("has a section in the configuration and in its schema, and says what it reads", async () => {
    const { code, stdout } = await command(["config", "check"]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      "Read every day: cost/supplier/eu, bill/supplier/eu, cost/supplier/us, bill/supplier/us",
    );
    expect(apportionJsonSchema(collectors)).toMatchObject({
      properties: { supplier: { description: "Invoices of a supplier, by account" } },
    });
  });

  it("is collected and allocated: teams by label and namespace, a shared service, tax, and what is nobody's", async () => {
    const { code, stdout } = await command(["collect", "--from", "2026-11-20", "--to", "2026-11-22"]);
    expect(stdout).toContain("8 readings published, 0 unchanged, 0 failed");
    expect(code).toBe(0);
    expect((await command(["doctor"])).stdout).toContain("cost from supplier eu");
    expect(
      await rows(`SELECT owner_kind, team_id, pool, category, reason, toString(sum(toDecimal256(amount, 12))) AS owed
FROM current_allocations WHERE charge_day = '2026-11-20' GROUP BY ALL ORDER BY ALL`),
    ).toEqual([
      { owner_kind: "corporate", team_id: "", pool: "", category: "corporate", reason: "", owed: "1.25" },
      {
        owner_kind: "team",
        team_id: "a",
        pool: "",
        category: "services",
        reason: "",
        owed: "10.000000000001",
      },
      { owner_kind: "team", team_id: "a", pool: "tracing", category: "shared", reason: "", owed: "1.55" },
      { owner_kind: "team", team_id: "b", pool: "", category: "services", reason: "", owed: "9.5" },
      { owner_kind: "team", team_id: "b", pool: "tracing", category: "shared", reason: "", owed: "1.55" },
      {
        owner_kind: "unallocated",
        team_id: "",
        pool: "",
        category: "services",
        reason: "no-owner",
        owed: "0.000000000002",
      },
    ]);
    expect(
      await rows(`SELECT toString(charge_day) AS day, toString(sum(toDecimal256(amount, 12))) AS charged
FROM current_allocations GROUP BY day ORDER BY day`),
    ).toEqual([
      { day: "2026-11-20", charged: DAILY },
      { day: "2026-11-21", charged: DAILY },
    ]);
  });

  it("is a line of the reconciliation", async () => {
    const { code, stdout } = await command(["reconcile", "--month", "2026-11", "--json"]);
    expect(code).toBe(0);
    const { billed, attributed, rows: places } = JSON.parse(stdout) as Record<string, unknown>;
    expect({ billed, attributed }).toEqual({ billed: "47.700000000006", attributed: "47.700000000006" });
    const ofSupplier = { source: "supplier", difference: "0", missed: "0" };
    expect(places).toMatchObject([
      { ...ofSupplier, account: "eu", service: "Builds", category: "services", billed: "4" },
      { ...ofSupplier, account: "eu", service: "Seats", category: "services", billed: "20.000000000006" },
      { ...ofSupplier, account: "eu", service: "Tracing", category: "services", billed: "6.2" },
      { ...ofSupplier, account: "us", service: "Seats", category: "corporate", billed: "2.5" },
      { ...ofSupplier, account: "us", service: "Seats", category: "services", billed: "15" },
    ]);
  });

  it("is missing by its name on a day of which it cannot be read", async () => {
    const { code, stdout } = await command(["collect", "--from", BROKEN_DAY, "--to", "2026-11-23"]);
    expect(code).toBe(1);
    expect(stdout).toContain("/us/2026-11-22 answered 500");
    expect(await rows("SELECT toString(charge_day) AS day, missing FROM current_runs ORDER BY day")).toEqual([
      { day: "2026-11-20", missing: [] },
      { day: "2026-11-21", missing: [] },
      { day: BROKEN_DAY, missing: ["bill/supplier/us", "cost/supplier/us"] },
    ]);
    const { stdout: shown } = await command(["completeness", "--month", "2026-11", "--json"]);
    expect(JSON.parse(shown)).toContainEqual(
      expect.objectContaining({ day: BROKEN_DAY, source: "supplier", scope: "us", status: "missing" }),
    );
  });

  it("leaves a second source that claims its dollars in quarantine, with both named", async () => {
    const range = ["--from", "2026-11-20", "--to", "2026-11-21"];
    const { code } = await command(["collect", ...range, "--source", "mirror"], "twice.yaml");
    expect(code).toBe(1);
    const { stdout } = await command(["quarantine", "list", "--json"], "twice.yaml");
    const held = JSON.parse(stdout) as { dataset: string; source: string; reason: string }[];
    expect(held.map(({ dataset, source, reason }) => `${dataset}/${source}: ${reason}`).toSorted()).toEqual([
      expect.stringMatching(/^bill\/mirror: the bill of eu is read by supplier for this day already/),
      expect.stringMatching(
        /^cost\/mirror: bill\/eu\/\S+ is claimed by supplier\/eu for this day already, and now by mirror\/eu/,
      ),
    ]);
    expect(
      await rows(`SELECT DISTINCT source FROM current_allocations WHERE charge_day = '2026-11-20'`),
    ).toEqual([{ source: "supplier" }]);
  });
});
