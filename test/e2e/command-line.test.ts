import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClickHouse } from "@apportion/clickhouse/client";
import { announcedAccess } from "@apportion/clickhouse/embedded/analyst-access";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { runCli, startCli, type CliResult, type RunningCli } from "./cli.js";
import { copyToldDemo, startUp, stop, TOLD_DEMO_TIMEOUT_MS } from "./told-demo.js";

const DOCS = fileURLToPath(new URL("../../docs/", import.meta.url));
const ANALYSTS_GUIDE = readFileSync(join(DOCS, "analysts.md"), "utf8");
const WORKED_QUERIES = [...ANALYSTS_GUIDE.matchAll(/```sql\n([\s\S]*?)```/g)].map(
  ([, query = ""], index) => [index + 1, query] as const,
);

let folder: string;
let data: string;
let demo: CliResult;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "apportion-cli-"));
  data = join(folder, "data");
  demo = await copyToldDemo(data);
}, TOLD_DEMO_TIMEOUT_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ask = (...args: string[]): ReturnType<typeof runCli> => runCli([...args, "--data", data]);
const json = async (...args: string[]): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await ask(...args, "--json");
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${stderr}${stdout}`);
  return JSON.parse(stdout) as Record<string, unknown>;
};
const told = (): { quarantined: { id: string; scope: string; day: string }[] } & Record<string, unknown> =>
  JSON.parse(demo.stdout);

function fileOf(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

describe("demo --once --json", () => {
  it("gives one document in which everything adds up", () => {
    expect(demo.code).toBe(0);
    const answer = JSON.parse(demo.stdout) as {
      month: string;
      collected: string;
      allocated: string;
      statements: { team: string; total: string; charged: string }[];
      charged: { total: string; teams: string; idle: string; corporate: string; unallocated: string };
      alerts: { team: string; threshold: number; period: string }[];
    };
    expect(answer.month).toBe("2026-11");
    expect(answer.allocated).toBe(answer.collected);
    const cents = (text: string): number => Math.round(Number(text) * 100);
    const teams = answer.statements.reduce((sum, { charged }) => sum + cents(charged), 0);
    const { charged } = answer;
    expect(teams).toBe(cents(charged.teams));
    const apart = cents(charged.idle) + cents(charged.corporate) + cents(charged.unallocated);
    expect(teams + apart).toBe(cents(charged.total));
    expect(answer.alerts.filter(({ team }) => team === "ads").map(({ threshold }) => threshold)).toEqual([
      80, 90, 100,
    ]);
  });
});

/** What other users of the machine may do something with, below a folder. */
function openToOthers(top: string): string[] {
  return readdirSync(top, { recursive: true, encoding: "utf8" }).filter((name) => {
    const found = lstatSync(join(top, name));
    return !found.isSymbolicLink() && (found.mode & 0o077) !== 0;
  });
}

describe("the books, with nothing else running", () => {
  it("say why a month stays open, with exit code 1", async () => {
    const { code, stdout } = await runCli([
      "close",
      "--check",
      "--month",
      "2026-12",
      "--json",
      "--data",
      data,
    ]);
    expect(code).toBe(1);
    const { gates } = JSON.parse(stdout) as { gates: { name: string; passed: boolean; says: string }[] };
    expect(gates.filter(({ passed }) => !passed).map(({ name }) => name)).toEqual([
      "over",
      "in-order",
      "complete",
      "agreed", // the running month was read once
      "allocated",
    ]);
  });

  it("explain a team under PCI without names of its workloads, until the configuration shows them to finance", async () => {
    const args = ["explain", "--month", "2026-10", "--team", "payments"];
    const { lines } = (await json(...args)) as { lines: { line: number; category: string }[] };
    const cpu = lines.find(({ category }) => category === "cpu")?.line;
    const factsOf = async (
      ...more: string[]
    ): Promise<{ controller: string; label: string; amount: string }[]> =>
      ((await json(...args, "--line", String(cpu), ...more)) as { facts: never[] }).facts;
    const hidden = await factsOf();
    expect(new Set(hidden.flatMap(({ controller, label }) => [controller, label]))).toEqual(
      new Set(["hidden (pci)"]),
    );
    const file = join(data, "shown.yaml");
    const text = readFileSync(join(data, "apportion.yaml"), "utf8");
    writeFileSync(file, `${text}protectedNames: { shownTo: [finance] }\n`);
    const shown = await factsOf("--config", file);
    expect(shown.map(({ amount }) => amount)).toEqual(hidden.map(({ amount }) => amount));
    expect(shown.every(({ controller }) => controller !== "" && !controller.startsWith("hidden"))).toBe(true);
    rmSync(file);
  });

  it("name workloads of a team under PCI in its own report where the configuration says so, and in the pack where finance reads them too", async () => {
    const text = readFileSync(join(data, "apportion.yaml"), "utf8");
    const [file, out] = [join(data, "shown.yaml"), join(folder, "shown")];
    const workloadsOf = async (shownTo: string, ...more: string[]): Promise<string | undefined> => {
      writeFileSync(file, `${text}protectedNames: { shownTo: ${shownTo} }\n`);
      const args = ["--month", "2026-10", "--format", "text", "--out", out, "--config", file];
      expect(await ask("report", ...args, ...more)).toMatchObject({ code: 0 });
      const isApart = shownTo.includes("team") && more.length > 0;
      const report = readFileSync(join(out, isApart ? "payments" : "", "2026-10", "payments.txt"), "utf8");
      return /team-payments\/(feature-cache|hidden \(pci\))/.exec(report)?.[1];
    };
    const own = ["--team", "payments"];
    expect([await workloadsOf("[]", ...own), await workloadsOf("[finance]", ...own)]).toEqual([
      "hidden (pci)",
      "hidden (pci)",
    ]);
    expect(await workloadsOf("[team]", ...own)).toBe("feature-cache");
    expect([await workloadsOf("[team]"), await workloadsOf("[finance, team]")]).toEqual([
      "hidden (pci)",
      "feature-cache",
    ]);
    rmSync(file);
    rmSync(out, { recursive: true });
  });

  it("decide a closed month again only on purpose: who would pay more or less is shown first", async () => {
    const same = ["--month", "2026-10", "--check"];
    expect(await json("adjust", "decide", ...same)).toMatchObject({
      state: "none",
      payers: [],
      effect: { postedInto: "2026-11" },
    });
    const text = readFileSync(join(data, "apportion.yaml"), "utf8").replace(
      /- kind: usage\s+meter: mlflow.runs\s+/,
      "",
    );
    const file = join(data, "other.yaml");
    writeFileSync(file, text);
    const { payers } = (await json("adjust", "decide", ...same, "--config", file)) as {
      payers: { payer: string; difference: string }[];
    };
    expect(payers.length).toBeGreaterThan(5);
    expect(payers.reduce((sum, { difference }) => sum + parsePicos(difference), 0n)).toBe(0n);
    const { code, stdout } = await runCli([
      "allocate",
      "--from",
      "2026-10-05",
      "--to",
      "2026-10-06",
      "--data",
      data,
    ]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("2026-10 is closed")]);
    expect(await ask("adjust", "decide", "--month", "2026-10")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("adjust decide needs --prepared-by and --reason") as unknown,
    });
    rmSync(file);
  });
});

/** As in a company: `up` runs on the folder, and nobody ends it to close a month. */
describe("beside `up`", () => {
  let running: RunningCli;
  beforeAll(async () => {
    running = await startUp(data);
  });
  afterAll(async () => {
    const { code, stderr } = await stop(running);
    if (code !== 0) throw new Error(`up ended with ${code}: ${stderr}`);
  });

  describe("report", () => {
    const written = async (): Promise<string> => {
      const out = join(folder, "reports");
      const formats = ["--format", "html,text,csv,pdf,xlsx"];
      const args = ["report", "--month", "2026-10", ...formats, "--out", out, "--data", data];
      const { code, stdout } = await runCli(args);
      expect(code).toBe(0);
      expect(stdout).toContain("finance-summary.html");
      return join(out, "2026-10");
    };
    let files: string;
    beforeAll(async () => {
      files = await written();
    });

    it("writes each format for each team and for finance; the CSV adds up to the statement", () => {
      // And of the closed month what finance files, with a manifest and its sums.
      expect(readdirSync(files)).toHaveLength(5 * 25 + 4);
      const csv = readFileSync(join(files, "ads-2026-10.csv"), "utf8").replace(/^\uFEFF/, "");
      const [header = "", ...lines] = csv.trim().split(/\r?\n/);
      const column = header.split(",").indexOf("amount");
      const sum = lines.reduce((total, line) => total + Math.round(Number(line.split(",")[column]) * 100), 0);
      const html = readFileSync(join(files, "ads.html"), "utf8");
      expect(html).toContain((sum / 100).toLocaleString("en-US", { minimumFractionDigits: 2 }));
    });

    it("writes the pack of a closed month: the same bytes each time, with the ledger's head that verify takes", async () => {
      const sums = readFileSync(join(files, "SHA256SUMS"), "utf8");
      for (const name of [
        "finance-2026-10.xlsx",
        "finance-summary.pdf",
        "focus-2026-10.csv",
        "general-ledger-2026-10.csv",
      ])
        expect(sums).toContain(`  ${name}\n`);
      await written();
      expect(readFileSync(join(files, "SHA256SUMS"), "utf8")).toBe(sums);
      const manifest = JSON.parse(readFileSync(join(files, "manifest.json"), "utf8")) as {
        readonly edition: string;
        readonly ledgerHead: { readonly hash: string };
      };
      expect(manifest.edition).toBe("final");
      const head = ["--head", manifest.ledgerHead.hash];
      expect((await runCli(["verify", "--month", "2026-10", ...head, "--data", data])).code).toBe(0);
    });

    it("says which teams there are when it is asked for another", async () => {
      const { code, stderr } = await runCli([
        "report",
        "--month",
        "2026-10",
        "--team",
        "nobody",
        "--data",
        data,
      ]);
      expect(code).toBe(2);
      expect(stderr).toContain('there is no team "nobody"; there are fraud, search');
    });

    it("says so when nothing of the month is there", async () => {
      const { code, stderr } = await runCli([
        "report",
        "--month",
        "2020-01",
        "--out",
        folder,
        "--data",
        data,
      ]);
      expect(code).toBe(1);
      expect(stderr).toContain("Nothing of 2020-01 is allocated yet");
    });
  });

  describe("files", () => {
    it("are their user's alone: the log, the tables, mails, reports and exports", async () => {
      const out = join(folder, "reports"); // as it was written above
      for (const [kind, file] of [
        ["focus", "focus.csv"],
        ["gl", "gl.csv"],
        ["hledger", "posted.journal"],
      ] as const) {
        const args = ["export", kind, "--month", "2026-10", "--out", join(out, file), "--data", data];
        expect((await runCli(args)).code).toBe(0);
      }
      expect([openToOthers(data), openToOthers(out)]).toEqual([[], []]);
      expect([data, out].map((top) => lstatSync(top).mode & 0o777)).toEqual([0o700, 0o700]);
      expect(readdirSync(data, { recursive: true, encoding: "utf8" }).length).toBeGreaterThan(100);
    });
  });

  describe("sql", () => {
    it("reads, in any format, and changes nothing", async () => {
      const count = await runCli([
        "sql",
        "SELECT count() FROM current_runs;",
        "--format",
        "CSV",
        "--data",
        data,
      ]);
      expect(count).toMatchObject({ code: 0, stdout: "68\n" });
      const drop = await runCli(["sql", "DROP TABLE cost_facts", "--data", data]);
      expect(drop.code).toBe(1);
      expect(drop.stderr).toContain("Cannot execute query in readonly mode");
    });

    it("has no names of workloads of teams under HIPAA or PCI for the read-only user", async () => {
      const direct = await runCli(["sql", "SELECT controller FROM cost_facts", "--data", data]);
      expect(direct).toMatchObject({ code: 1, stdout: "" });
      expect(direct.stderr).toContain("may not use table cost_facts");
      const query =
        "SELECT DISTINCT controller FROM workload_daily_costs WHERE namespace IN ('team-payments', 'team-genomics')";
      const { stdout } = await runCli(["sql", query, "--format", "TSV", "--data", data]);
      expect(stdout.trim().split("\n").toSorted()).toEqual(["hidden (hipaa)", "hidden (pci)"]);
    });

    it("says what to leave out of a query, and when there is none", async () => {
      const formatted = await runCli(["sql", "SELECT 1 FORMAT JSON;", "--data", data]);
      expect(formatted).toMatchObject({ code: 2, stdout: "" });
      expect(formatted.stderr).toBe("Leave FORMAT JSON out of the query: it is --format JSON\n");
      expect((await runCli(["sql", "SELECT 1 AS format ORDER BY format DESC", "--data", data])).code).toBe(0);
      const empty = await runCli(["sql", " ;", "--data", data]);
      expect(empty).toMatchObject({ code: 2 });
      expect(empty.stderr).toContain("There is no query");
    });

    it("has twenty worked queries in docs/analysts.md", () => {
      expect(WORKED_QUERIES.length).toBeGreaterThanOrEqual(20);
    });

    let analyst: ReturnType<typeof createClickHouse>;
    beforeAll(() => {
      const access = announcedAccess(data);
      if (!access) throw new Error("`up` does not say where analysts connect");
      analyst = createClickHouse(access);
    });
    afterAll(() => analyst.close());

    it.each(WORKED_QUERIES)("answers question %i of docs/analysts.md", async (_, query) => {
      const { stream } = await analyst.exec({
        query: `${query.trim().replace(/;$/, "")}\nFORMAT JSONEachRow`,
      });
      let bytes = 0;
      for await (const chunk of stream as AsyncIterable<Buffer>) bytes += chunk.length;
      expect(bytes).toBeGreaterThan(0);
    });
  });

  describe("docs/analysts.md", () => {
    it("has every column of every view with the comment that ClickHouse shows", async () => {
      const docs = ANALYSTS_GUIDE.replaceAll(/ +/g, " ");
      const views = [...docs.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
      expect(views).toContain("budget_status");
      const query = `SELECT table, name, type, comment FROM system.columns WHERE database = currentDatabase()
      AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View')`;
      const { stdout } = await runCli(["sql", query, "--format", "JSONEachRow", "--data", data]);
      const columns = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<"table" | "name" | "type" | "comment", string>);
      expect(new Set(columns.map(({ table }) => table))).toEqual(new Set(views));
      for (const { name, type, comment } of columns) {
        expect(comment).not.toBe("");
        expect(docs).toContain(`| \`${name}\` | ${type} | ${comment} |`);
      }
    });
  });

  describe("the books", () => {
    it("close the month before, and correct it in the open one when a day is restated afterwards", () => {
      const { journals, gates } = JSON.parse(demo.stdout) as {
        journals: { kind: string; billingPeriod: string; correctsPeriod: string; charged: string }[];
        gates: { passed: boolean }[];
      };
      expect(gates.every(({ passed }) => passed)).toBe(true);
      expect(
        journals.map(({ kind, billingPeriod, correctsPeriod }) => [kind, billingPeriod, correctsPeriod]),
      ).toEqual([
        ["statement", "2026-10", ""],
        ["correction", "2026-11", "2026-10"],
      ]);
      expect(Number(journals[1]?.charged)).toBeGreaterThan(0);
    });

    it("are verified from the facts, and reconciled with the bill", async () => {
      expect(await json("verify", "--month", "2026-10")).toMatchObject({
        days: 31,
        journals: 2,
        findings: [],
      });
      const { accuracyPercent, billed, attributed } = await json("reconcile", "--month", "2026-10");
      expect(billed).toBe(attributed);
      expect(Number(accuracyPercent)).toBeGreaterThan(95);
      const said = JSON.parse(demo.stdout) as {
        accuracyPercent: string;
        monthBefore: { accuracyPercent: string };
      };
      expect(said.monthBefore.accuracyPercent).toBe(accuracyPercent);
      const open = await runCli(["reconcile", "--month", "2026-11", "--json", "--data", data]);
      expect(JSON.parse(open.stdout)).toMatchObject({ accuracyPercent: said.accuracyPercent });
      const again = [
        "close",
        "--month",
        "2026-10",
        "--prepared-by",
        "analyst",
        "--approved-by",
        "controller",
      ];
      expect(await json(...again)).toMatchObject({ closed: true, already: true });
      const { journals } = JSON.parse(demo.stdout) as { journals: { hash: string }[] };
      const { stdout } = await runCli([...again, "--data", data]);
      expect(stdout).toContain(`as journal 1, hash ${journals[0]?.hash}\n`);
      expect(stdout).toContain(`head of the ledger: journal 2, hash ${journals[1]?.hash}\n`);
    });

    it("explain every line of a statement by facts that add up to it", async () => {
      const { lines } = (await json("explain", "--month", "2026-10", "--team", "nlp")) as {
        lines: { line: number; category: string; pool: string }[];
      };
      expect(lines.length).toBeGreaterThan(10);
      const chosen = ["cpu", "object-storage", "shared", "corporate"].map((category) =>
        lines.find((each) => each.category === category),
      );
      for (const { line, pool } of chosen.filter((each) => each !== undefined)) {
        const args = ["explain", "--month", "2026-10", "--team", "nlp", "--line", String(line)];
        const { day, days, facts } = (await json(...args)) as {
          day: string;
          days: { day: string; amount: string; poolCost: string }[];
          facts: { amount: string }[];
        };
        const explained = days.find((each) => each.day === day);
        const behind = facts.reduce((sum, { amount }) => sum + parsePicos(amount), 0n);
        expect(formatPicos(behind)).toBe(pool === "" ? explained?.amount : explained?.poolCost);
      }
    });

    it("compare two months by what everybody's statement charges, in parts that add up", async () => {
      interface Compared {
        team: string;
        before: { charged: string; corrections: string };
        after: { charged: string; corrections: string };
        difference: string;
        effects: { amount: string }[];
      }
      const months = ["compare", "--months", "2026-10", "2026-11"];
      const { teams, total } = (await json(...months)) as { teams: Compared[]; total: Compared };
      const { statements } = JSON.parse(demo.stdout) as { statements: { team: string; charged: string }[] };
      const charged = teams.map(({ team, after }) => [team, after.charged]);
      expect(Object.fromEntries(charged)).toMatchObject(
        Object.fromEntries(statements.map(({ team, charged: cents }) => [team, cents])),
      );
      for (const { before, after, difference, effects } of [...teams, total]) {
        const sum = (amounts: readonly string[]): bigint =>
          amounts.reduce((all, amount) => all + parsePicos(amount), 0n);
        const owed = sum([after.charged, after.corrections]) - sum([before.charged, before.corrections]);
        expect([parsePicos(difference), sum(effects.map(({ amount }) => amount))]).toEqual([owed, owed]);
      }
      const payments = (await json(...months, "--team", "payments")) as {
        movements: { subject: { of: string; controller?: string } }[];
      };
      const names = payments.movements.map(({ subject }) => subject.controller).filter(Boolean);
      expect(new Set(names)).toEqual(new Set(["hidden (pci)"]));
    });

    it("compare refuses a team that is unknown and months without data, together", async () => {
      const months = ["--months", "2026-01", "2026-02", "--team", "nlpp", "--data", data];
      const { code, stderr } = await runCli(["compare", ...months]);
      expect(code).toBe(2);
      expect(stderr).toMatch(
        /^--months: nothing of 2026-01 and 2026-02 is allocated yet; .*\n--team: there is no team "nlpp"; did you mean "nlp"; there are /,
      );
    });

    it("go to a general ledger with debits that are credits, under finance's own accounts", async () => {
      const file = join(data, "journal.csv");
      await json("export", "gl", "--month", "2026-11", "--out", file);
      const [header = "", ...rows] = readFileSync(file, "utf8").trimEnd().split("\r\n");
      const at = (name: string): number => header.split(",").indexOf(name);
      const sum = (name: string): string =>
        formatPicos(rows.reduce((total, row) => total + parsePicos(row.split(",")[at(name)] || "0"), 0n));
      expect(sum("debit")).toBe(sum("credit"));
      expect(Number(sum("debit"))).toBeGreaterThan(0);
      expect(new Set(rows.map((row) => row.split(",")[at("account")]))).toContain("cloud-clearing");
    });

    it("are accrued only while they are not closed, and written as a ledger takes them or refused with what it would refuse", async () => {
      const write = async (...args: string[]) =>
        runCli(["export", ...args, "--out", join(data, "ledger.csv"), "--data", data]);
      expect(await write("accrual", "--month", "2026-10")).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("2026-10 is closed, so there is nothing to accrue"),
      });
      const { stderr, code } = await write(
        "accrual",
        "--month",
        "2026-11",
        "--format",
        "netsuite",
        "--summary",
      );
      expect(code).toBe(0);
      expect(stderr).toMatch(
        /^ACC-2026-11-\w{4} {2}2026-11-30 {2}Provisional Nov 2026: .*\nREV-2026-11-\w{4} {2}2026-12-01 {2}Reversal/,
      );
      expect(await write("gl", "--month", "2026-10", "--format", "sap")).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(
          'HKONT G/L Account (10): "platform-charges" has 16 characters, of which 10 are taken',
        ),
      });
      expect(await write("gl", "--month", "2026-10", "--format", "sage")).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('--format: "sage" is none of csv, sap, netsuite, xero, dynamics'),
      });
    });

    it("come to the same cents as the month that was looked through line by line (golden/journal-2026-10.csv)", async () => {
      const file = join(data, "october.csv");
      await json("export", "gl", "--month", "2026-10", "--out", file);
      // The journal's hash names runs and snapshots, which may be made another way; its cents may not.
      const posted = readFileSync(file, "utf8").replaceAll(/^(\d+)-[0-9a-f]{8},/gm, "$1,");
      const golden = fileURLToPath(new URL("golden/journal-2026-10.csv", import.meta.url));
      expect(posted).toBe(readFileSync(golden, "utf8"));
    });

    it("preview another policy exactly, and write nothing", async () => {
      const file = join(data, "evenly.yaml");
      const evenly = "policies:\n  - pool: mlflow\n    methods: [{ kind: even }]\n";
      writeFileSync(file, evenly);
      const { total, teams, ...beside } = (await json(
        "simulate",
        "--month",
        "2026-10",
        "--policy",
        file,
      )) as {
        replaced: unknown;
        total: { now: string; simulated: string };
        teams: { team: string; now: string; simulated: string; difference: string }[];
      };
      expect(total.simulated).toBe(total.now);
      expect(beside.replaced).toEqual([
        { of: "mlflow", before: [expect.stringContaining("mlflow.runs")], after: ["evenly"] },
      ]);
      expect(teams.some(({ difference }) => difference !== "0")).toBe(true);
      writeFileSync(file, `allocation:\n${evenly.replaceAll(/^/gm, "  ")}`);
      const said = await runCli(["simulate", "--month", "2026-10", "--policy", file, "--data", data]);
      expect(said.stdout).toMatch(/^ {2}mlflow: by .*mlflow\.runs.* → evenly$/m);
      const later = await json("simulate", "--month", "2026-10", "--policy", file, "--from", "2026-10-31");
      const changeOf = (of: typeof teams): number =>
        of.reduce((sum, { difference }) => sum + Math.abs(Number(difference)), 0);
      const ofOneDay = changeOf((later as { teams: typeof teams }).teams);
      expect(ofOneDay).toBeGreaterThan(0);
      expect(ofOneDay).toBeLessThan(changeOf(teams) / 10);
      const never = await runCli(
        ["simulate", "--month", "2026-10", "--policy", file, "--from", "2026-11-01"].concat("--data", data),
      );
      expect([never.code, never.stderr]).toEqual([2, expect.stringContaining("is after 2026-10")]);
      expect(said.stdout).toMatch(/total.* 0\.00 USD/);
      const away = await runCli(["simulate", "--month", "2026-10", "--policy", "no.yaml", "--data", data]);
      expect(away).toMatchObject({ code: 2 });
      expect(away.stderr).toBe("--policy: the policy file no.yaml cannot be read (ENOENT)\n");
      writeFileSync(
        file,
        "policies:\n  - pool: jupyter\n    methods: [{ kind: fixed, teams: { nlp: 60 } }]\n",
      );
      const { code, stderr } = await runCli([
        "simulate",
        "--month",
        "2026-10",
        "--policy",
        file,
        "--data",
        data,
      ]);
      expect(code).toBe(2);
      expect(stderr).toContain('evenly.yaml:2  policies[0].pool: there is no shared service "jupyter"');
      expect(stderr).toContain("the percentages add up to 60, not to 100");
      const compared = await json("allocate", "--compare-methods", "--month", "2026-10");
      expect(compared["teams"]).toHaveLength(24);
      expect(compared["total"]).toEqual({
        direct: total.now,
        "step-down": total.now,
        reciprocal: total.now,
      });
    });
  });

  describe("completeness and quarantine", () => {
    it("shows what was read of a month, reading by reading and day by day", async () => {
      const { stdout } = await runCli(["completeness", "--month", "2026-10", "--data", data]);
      expect(stdout).toMatch(/cost\/kubecost\/shared-eu-1 +█{27}/);
      const asJson = await runCli(["completeness", "--month", "2026-10", "--json", "--data", data]);
      const rows = JSON.parse(asJson.stdout) as {
        day: string;
        source: string;
        scope: string;
        status: string;
      }[];
      expect(
        rows
          .filter(({ day }) => day === "2026-10-01")
          .map(({ source, scope, status }) => `${source}/${scope} ${status}`),
      ).toEqual([
        "aws-bill/111122223333 final", // the bill itself
        "aws-bill/111122223333 final", // what is charged of it directly
        "kubecost/pci-1 final",
        "kubecost/shared-eu-1 final",
        "kubecost/shared-us-1 final",
        "network/111122223333 final",
        "s3/111122223333 final",
        "mlflow/mlflow final",
      ]);
    });

    it("says which id it does not know", async () => {
      const who = ["--prepared-by", "alice", "--approved-by", "bob", "--reason", "checked"];
      const { code, stderr } = await runCli(["quarantine", "release", "no-such-id", ...who, "--data", data]);
      expect(code).toBe(2);
      expect(stderr).toContain('There is no quarantined reading "no-such-id"');
    });
  });

  describe("recommendations", () => {
    const list = async (...options: string[]) => {
      const { stdout } = await runCli(["recommendations", "list", "--json", "--data", data, ...options]);
      return (JSON.parse(stdout) as { recommendations: { id: string; kind: string; title: string }[] })
        .recommendations;
    };

    it("find the waste that is planted, and no other workload", async () => {
      const found = await list();
      expect(found.map(({ title }) => title)).toEqual([
        "GPUs held and not used by job/training in shared-eu-1/team-vision",
        "Commitment that nobody used: 111122223333, Savings Plans for AWS Compute usage, SavingsPlanRecurringFee",
        "Requests larger than was ever needed by deployment/api in shared-eu-1/team-ranking",
        "Nobody seems to use deployment/notebook in shared-eu-1/sandbox-x7",
        "Volumes that no pod mounts in shared-eu-1/team-search",
        "Nobody owns buckets of 111122223333, without a team tag",
        "Nobody owns the namespace shared-eu-1/sandbox-x7",
        "Nobody owns buckets of 111122223333, tagged frad",
      ]);
    });

    it("show evidence that analysts find again, and are decided on by name", async () => {
      const [first] = await list("--team", "vision");
      const id = first?.id ?? "";
      const { stdout } = await runCli(["recommendations", "show", id, "--data", data]);
      const query = /apportion sql "(.*)"/.exec(stdout)?.[1] ?? "";
      expect(
        (await runCli(["sql", query, "--data", data, "--format", "TSV"])).stdout.trim().split("\n"),
      ).toHaveLength(30);
      const nameless = await runCli(["recommendations", "dismiss", id, "--by", "ann", "--data", data]);
      expect([nameless.code, nameless.stderr]).toEqual([2, expect.stringContaining("--reason")]);
      const why = ["--by", "ann", "--reason", "a demo"];
      expect((await runCli(["recommendations", "dismiss", id, ...why, "--data", data])).code).toBe(0);
      expect(await list("--team", "vision")).toEqual([]);
      expect((await list("--team", "vision", "--all")).map((each) => each.id)).toEqual([id]);
    });

    it("say which id and team they do not know", async () => {
      const unknown = await runCli(["recommendations", "show", "nothing", "--data", data]);
      expect([unknown.code, unknown.stderr]).toEqual([
        2,
        expect.stringContaining('no recommendation "nothing"'),
      ]);
      expect((await runCli(["recommendations", "list", "--team", "nobody", "--data", data])).code).toBe(2);
    });
  });

  describe("anomalies", () => {
    it("are none where nothing happens, whichever month is asked for", async () => {
      for (const month of ["2026-10", "2026-11"]) {
        const { code, stdout } = await runCli([
          "anomalies",
          "list",
          "--month",
          month,
          "--json",
          "--data",
          data,
        ]);
        expect([code, JSON.parse(stdout)]).toMatchObject([
          0,
          { atLeast: "50", atLeastPercent: 30, anomalies: [] },
        ]);
      }
    });

    it("say which id they do not know, in which months it was looked for", async () => {
      const why = ["--by", "ann", "--reason", "a campaign", "--data", data];
      const { code, stderr } = await runCli(["anomalies", "expected", "nothing", ...why]);
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining('There is no anomaly "nothing" in 2026-12 or 2026-11'),
      ]);
    });
  });

  describe("budgets", () => {
    it("are listed with what alerts count of them", async () => {
      const { budgets } = (await json("budgets", "list", "--month", "2026-10")) as {
        budgets: Record<"owner" | "id" | "span" | "spent" | "notSettled" | "budget", string>[];
      };
      const months = budgets.filter(({ owner, span }) => owner === "team" && span === "month");
      const listed = months.map(({ id, spent, notSettled, budget }) => [id, spent, notSettled, budget]);
      const query = `SELECT team_id, toString(spent), toString(not_settled), toString(budget) FROM budget_status
      WHERE billing_period = '2026-10' ORDER BY team_id`;
      const { stdout } = await ask("sql", query, "--format", "TSV");
      const inTables = stdout
        .trim()
        .split("\n")
        .map((row) => row.split("\t"));
      expect(listed.toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1))).toEqual(inTables);
      expect(new Set(budgets.map(({ span }) => span)).size).toBeGreaterThan(1);
      expect(new Set(budgets.map(({ owner }) => owner)).size).toBeGreaterThan(1);
    });
  });

  describe("config check", () => {
    it("accepts the configuration of docs/operators.md", async () => {
      const [yaml = ""] =
        /```yaml\n([\s\S]*?)```/.exec(readFileSync(join(DOCS, "operators.md"), "utf8"))?.slice(1) ?? [];
      const secret = fileOf("smtp", "secret");
      const file = fileOf("operators.yaml", yaml.replace("/run/secrets/smtp", secret));
      expect(await runCli(["config", "check", "--config", file], { PCI_OPENCOST_TOKEN: "t" })).toMatchObject({
        code: 0,
        stderr: "",
      });
    });

    it("reports every mistake at once with its line, and repeats no secret", async () => {
      const file = fileOf(
        "bad.yaml",
        [
          "teams:",
          "  - { id: Bad Id, costCenter: cc-1 }",
          "  - { id: a, costCenter: cc-2 }",
          "  - { id: a, costCenter: cc-3 }",
          "kubecost:",
          "  clusters: [{ id: one, url: not-a-url }]",
          "notifier:",
          "  smtp: { host: mail, auth: { user: u, password: hunter2 } }",
          "  from: finops@example.com",
          "  finance: [finance@example.com]",
          "tems: []",
        ].join("\n"),
      );
      const { code, stderr } = await runCli(["config", "check", "--config", file]);
      expect(code).toBe(2);
      expect(stderr).toContain('"a" is named twice');
      for (const expected of ["bad.yaml:2", "bad.yaml:4", "bad.yaml:6", "bad.yaml:8", "bad.yaml:11"])
        expect(stderr).toContain(expected);
      expect(stderr).not.toContain("hunter2");
    });

    it("gives a JSON Schema that editors understand", async () => {
      const { stdout } = await runCli(["config", "schema"]);
      const schema = JSON.parse(stdout) as { properties: Record<string, { description?: string }> };
      expect(schema.properties["teams"]?.description).toBe("Who is charged");
    });
  });

  describe("wrong usage", () => {
    it.each([
      [
        ["collect", "--from", "2026-10-02", "--to", "2026-10-01"],
        "--from 2026-10-02 must lie before --to 2026-10-01",
      ],
      [
        ["collect", "--from", "yesterday", "--to", "2026-10-01"],
        '--from: "yesterday" is not a day such as 2026-11-22',
      ],
      [["report", "--month", "October"], '--month: "October" is not a month such as 2026-11'],
      [["up", "--service", "allocator"], "--service needs eventLog.kind: kafka"],
      [["frobnicate"], "unknown command 'frobnicate'"],
    ])("%j ends with exit code 2 and says why", async (args, reason) => {
      const { code, stderr } = await runCli([...args, ...(args.length > 1 ? ["--data", data] : [])]);
      expect(stderr).toContain(reason);
      expect(code).toBe(2);
    });
  });

  describe("a newcomer", () => {
    const signed = ["--prepared-by", "an analyst", "--approved-by", "a controller"];
    it("reads November by the demo's clock, complete and final", async () => {
      const { code, stdout } = await ask("completeness", "--month", "2026-11", "--json");
      const rows = JSON.parse(stdout) as { day: string; status: string; age_hours: string }[];
      expect(code).toBe(0);
      expect(rows).toHaveLength(8 * 30);
      expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(["final"]));
      // The story ends at five in the morning after it was read at midnight; a day was read two days before too.
      // The clock goes on from there while tests run.
      const ages = [...new Set(rows.map(({ age_hours }) => Number(age_hours)))].toSorted((a, b) => a - b);
      const [younger = NaN] = ages;
      expect(ages).toEqual([younger, younger + 48]);
      expect(younger).toBeGreaterThanOrEqual(5);
      expect(younger).toBeLessThan(12);
    });

    it("finds one thing between November and its close: a day that cannot be", async () => {
      const { code, stdout } = await ask("close", "--check", "--month", "2026-11", "--json");
      const { gates } = JSON.parse(stdout) as { gates: { name: string; passed: boolean }[] };
      expect(code).toBe(1);
      expect(gates.filter(({ passed }) => !passed).map(({ name }) => name)).toEqual(["quarantine"]);
      const [waiting, ...more] = told().quarantined;
      expect(more).toEqual([]);
      expect(waiting).toMatchObject({ scope: "pci-1", day: "2026-11-18" });
      const shown = await ask("quarantine", "show", waiting?.id ?? "");
      expect(shown.stdout).toContain("more than 10 times the most of the 7 days before");
    });

    it("moves an amount of October by two people: a draft, then a journal in November, once", async () => {
      const move = ["--from", "team:nlp", "--to", "team:search", "--amount", "120.50", "--month", "2026-10"];
      const why = ["--reason", "the experiment was search's", "--prepared-by", "an analyst"];
      const proposed = await ask("adjust", "propose", ...move, ...why, "--json");
      const draft = JSON.parse(proposed.stdout) as { id: string; expiresAt: string; effect: unknown };
      expect(draft).toMatchObject({
        state: "waiting",
        effect: { postedInto: "2026-11", payers: [{ difference: "-120.50" }, { difference: "120.50" }] },
      });
      expect(draft.expiresAt).toContain("2026-12-22"); // by the demo's clock
      expect(await ask("adjust", "approve", draft.id, "--approved-by", "An analyst")).toMatchObject({
        code: 2,
      });
      const approve = ["adjust", "approve", draft.id, "--approved-by", "a controller", "--json"];
      for (const already of [false, true])
        expect(JSON.parse((await ask(...approve)).stdout)).toMatchObject({
          state: "posted",
          seq: "3",
          already,
        });
      const { stdout } = await ask("explain", "--month", "2026-11", "--team", "nlp");
      expect(stdout).toContain("adjustment, journal 3 of 2026-12-08: the experiment was search's");
    });

    it("drops it, closes November, and finds the same amount in journal, ledger file and report", async () => {
      const id = told().quarantined[0]?.id ?? "";
      const dropped = await ask("quarantine", "drop", id, ...signed, "--reason", "not on the bill");
      expect(dropped).toMatchObject({ code: 0, stdout: `${id} dropped\n` });
      const closed = await ask("close", "--month", "2026-11", ...signed, "--json");
      const { charged } = JSON.parse(closed.stdout) as { charged: string };
      expect(charged).toBe((told()["charged"] as { total: string }).total);
      expect(await ask("verify", "--month", "2026-11")).toMatchObject({ code: 0 });
      const file = join(data, "november.csv");
      await ask("export", "gl", "--month", "2026-11", "--out", file);
      const posted = readFileSync(file, "utf8");
      expect(posted).toContain("2026-11-30");
      expect(posted).toContain("2026-12-08"); // the document, by the demo's clock
      expect(posted).toContain("nlp,,120.50,USD,Adjustment of October 2026: the experiment was search's");
      const out = join(folder, "november");
      await ask("report", "--month", "2026-11", "--out", out);
      expect(readdirSync(join(out, "2026-11"))).toEqual(
        expect.arrayContaining(["nlp.html", "nlp.txt", "nlp-2026-11.csv"]),
      );
      const finance = readFileSync(join(out, "2026-11", "finance-summary.txt"), "utf8");
      expect(finance).toContain(charged.replace(/\B(?=(\d{3})+\.)/g, ","));
      const nlp = readFileSync(join(out, "2026-11", "nlp.txt"), "utf8");
      expect(nlp).toMatch(
        /Adjustment of October 2026: the experiment was search's, approved by two people +-120\.50/,
      );
    });

    it("sees why a team pays for what services use of each other", async () => {
      const query = `SELECT DISTINCT pool, between_services FROM current_allocations
      WHERE billing_period = '2026-11' AND pool IN ('argocd', 'prometheus') ORDER BY pool`;
      const { stdout } = await ask("sql", query, "--format", "CSV");
      expect(stdout).toBe('"argocd","reciprocal"\n"prometheus","reciprocal"\n');
    });

    it("is warned before another platform is read into the demo's folder", async () => {
      const { code, stderr } = await ask(
        "collect",
        "--from",
        "2026-11-01",
        "--to",
        "2026-11-02",
        "--config",
        join(folder, "mine.yaml"),
      );
      expect(code).toBe(2);
      expect(stderr).toContain("holds the demo's simulated platform");
    });
  });
});

/** A month was closed beside `up` by now. */
describe("the demo, started again", { timeout: TOLD_DEMO_TIMEOUT_MS }, () => {
  it("goes on where it stands: nothing changes, nothing is refused, and its pages and commands answer until Ctrl+C", async () => {
    const running = startCli(["demo", "--stay", "--json", "--data", data]);
    const [, pages = ""] = /^Pages: +(\S+)$/m.exec(await running.said("Ctrl+C ends it")) ?? [];
    expect((await fetch(`${pages}/api/v1/openapi.json`)).status).toBe(200);
    expect(await ask("verify", "--month", "2026-11")).toMatchObject({ code: 0 });
    const again = await stop(running);
    expect(again.code).toBe(0);
    const answer = JSON.parse(again.stdout) as { quarantined: unknown[]; journals: { kind: string }[] };
    expect(answer).toMatchObject({ month: "2026-11", quarantined: [], statements: told()["statements"] });
    expect(answer.journals.map(({ kind }) => kind)).toEqual([
      "statement",
      "correction",
      "adjustment",
      "statement",
    ]);
    expect(again.stderr).not.toMatch(/"level"|ERROR|WARN/);
    const other = await ask("demo", "--once", "--as-of", "2026-11-01");
    expect(other).toMatchObject({ code: 2 });
    expect(other.stderr).toContain("holds a demo that began on 2026-12-08");
  });
});

describe("doctor", () => {
  it("finds a demo well whose simulated platform has ended with it", async () => {
    const { code, stdout } = await runCli(["doctor", "--json", "--data", data]);
    const findings = JSON.parse(stdout) as { what: string; ok: boolean; detail: string }[];
    expect(findings.filter(({ ok }) => !ok)).toEqual([]);
    expect(code).toBe(0);
    expect(findings.map(({ what }) => what)).toContain("tables as far as the event log");
    expect(findings.find(({ what }) => what === "cost from kubecost pci-1")?.detail).toContain("simulated");
  });

  it("names what does not answer, by source and scope", async () => {
    const own = join(folder, "own");
    mkdirSync(own);
    for (const file of ["aws-access-key-id", "aws-secret-access-key", "apportion.yaml"])
      copyFileSync(join(data, file), join(own, file));
    const { code, stdout } = await runCli(["doctor", "--json", "--data", own]);
    const findings = JSON.parse(stdout) as { what: string; ok: boolean; detail: string }[];
    expect(code).toBe(1);
    expect(findings.find(({ what }) => what === "cost from kubecost pci-1")?.detail).toContain(
      "ECONNREFUSED",
    );
  });
});
