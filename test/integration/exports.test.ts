import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli, type RunningCli } from "@apportion/e2e/cli";
import { copyToldDemo, startUp, stop, TOLD_DEMO_TIMEOUT_MS } from "@apportion/e2e/told-demo";
import { focusValidator, hasHledger, hasPython, pythonPrograms } from "./installed.js";

const TIMEOUT_MS = 120_000;

/** Rows of an exported file by the names of their columns. Quotes within a value are doubled. */
function parsed(file: string): Record<string, string>[] {
  const rows = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) =>
      [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted ?? plain ?? "",
      ),
    );
  const [names = [], ...values] = rows;
  return values.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? ""])));
}

let folder: string;
let up: RunningCli | undefined;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "apportion-exports-"));
  if (!hasPython && !hasHledger) return;
  const data = path.join(folder, "data");
  await copyToldDemo(data);
  up = await startUp(data);
}, TOLD_DEMO_TIMEOUT_MS);
afterAll(async () => {
  if (up) await stop(up);
  rmSync(folder, { recursive: true, force: true });
});

async function apportion(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli([...args, "--data", path.join(folder, "data")]);
  if (code !== 0) throw new Error(`apportion ${args.join(" ")} ended with ${code}: ${stderr}`);
  return stdout;
}

describe.skipIf(!hasHledger)(
  "the ledger's journals in hledger (Debian's package hledger)",
  { timeout: TIMEOUT_MS },
  () => {
    function hledger(file: string, ...args: string[]): { readonly out: string; readonly error: string } {
      const { stdout, stderr } = spawnSync("hledger", ["-f", file, ...args], { encoding: "utf8" });
      return { out: stdout, error: stderr };
    }
    async function exported(...args: string[]): Promise<string> {
      const file = path.join(folder, "posted.journal");
      await apportion("export", "hledger", "--out", file, ...args);
      return file;
    }

    it("hold every assertion, all months in one file and a month alone, and come to what is posted", async () => {
      for (const [month, where] of [
        [[], "1"],
        [["--month", "2026-11"], "billing_period = '2026-11'"],
      ] as const) {
        const file = await exported(...month);
        expect(hledger(file, "check", "--strict").error).toBe("");
        const balances = hledger(file, "balance", "--flat", "-N", "-O", "csv", "expenses").out;
        const query = `SELECT count() AS accounts, sum(total) AS charged FROM (SELECT sum(signed_amount) AS total FROM posted_entries
          WHERE account != 'clearing' AND ${where} GROUP BY account, cost_center, team_id HAVING total != 0)`;
        const [posted] = JSON.parse(await apportion("sql", query, "--format", "JSON")).data as Record<
          string,
          string
        >[];
        const amounts = [...balances.matchAll(/"USD (-?[\d.]+)"/g)].map(([, amount]) =>
          Math.round(Number(amount) * 100),
        );
        expect(amounts.length).toBe(Number(posted?.["accounts"]));
        expect(amounts.reduce((sum, cents) => sum + cents, 0)).toBe(
          Math.round(Number(posted?.["charged"]) * 100),
        );
      }
    });

    it("fail when a cent is moved from one team to another, which leaves the transaction in balance", async () => {
      const file = await exported();
      const moved = readFileSync(file, "utf8")
        .replace(
          /(:nlp {2}USD )(\d+\.\d\d)( {2};)/,
          (_, before, amount, after) => `${before}${plus(amount, 1)}${after}`,
        )
        .replace(
          /(:search {2}USD )(\d+\.\d\d)( {2};)/,
          (_, before, amount, after) => `${before}${plus(amount, -1)}${after}`,
        );
      writeFileSync(file, moved);
      expect(hledger(file, "check").error).toMatch(/balance assertion/i);
      expect(hledger(file, "check", "-I").error).toBe("");
    });
    const plus = (amount: string, cents: number): string =>
      ((Math.round(Number(amount) * 100) + cents) / 100).toFixed(2);
  },
);

/** What Apportion exports of the demo's months, read by the validators that the FinOps community and the foundation publish. */
describe.skipIf(!hasPython)("FOCUS exports", { timeout: TIMEOUT_MS }, () => {
  let programs: string;
  let foundation: ReturnType<typeof focusValidator>;
  beforeAll(() => {
    programs = pythonPrograms();
    foundation = focusValidator();
  }, 10 * TIMEOUT_MS);

  async function exported(name: string, ...args: string[]): Promise<string> {
    const file = path.join(folder, name);
    await apportion("export", "focus", "--out", file, ...args);
    return file;
  }
  function validator(...args: string[]): string {
    const { stdout, stderr } = spawnSync(path.join(programs, "focus-toolkit"), args, {
      encoding: "utf8",
      timeout: TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout + stderr;
  }

  /** Rules of 1.2 that the foundation's validator finds broken. Its exit code is 0 all the same, so what it prints is read. */
  function brokenRules(file: string): string[] {
    const args = ["--data-file", file, "--validate-version", "1.2", "--block-download"];
    const { stdout, stderr } = spawnSync(foundation.program, args, {
      cwd: foundation.folder,
      encoding: "utf8",
      timeout: TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    const results = [...stdout.matchAll(/^. (\w+-C-\d+-\w): (PASS|FAIL)/gmu)];
    if (results.filter(([, , result]) => result === "PASS").length < 100) throw new Error(stdout + stderr);
    return results.filter(([, , result]) => result === "FAIL").map(([, rule = ""]) => rule);
  }

  it("break no rule of 1.2 that the FinOps Foundation checks, with invoices and without", async () => {
    // It asks of every charge that it has no invoice (004) and that it has one (005): one of the two holds, which is 003.
    const month = ["--month", "2026-10", "--focus-version", "1.2", "--format", "parquet"];
    expect(brokenRules(await exported("issued.parquet", ...month, "--issuer", "Platform finance"))).toEqual([
      "InvoiceId-C-004-C",
    ]);
    expect(brokenRules(await exported("kept.parquet", ...month))).toEqual(["InvoiceId-C-005-C"]);
  });

  it("say of each charge what it is, and on which invoice", async () => {
    const issued = ["--month", "2026-10", "--issuer", "Platform finance"];
    const rows = parsed(await exported("charges.csv", ...issued));
    const invoices = parsed(await exported("invoices.csv", "--dataset", "invoice-detail", ...issued));
    expect(new Set(rows.map((row) => row["ChargeCategory"]))).toEqual(new Set(["Usage", "Tax", "Credit"]));
    expect(new Set(rows.map((row) => row["InvoiceId"]))).toEqual(
      new Set(invoices.map((row) => row["InvoiceId"])),
    );
    expect(rows.every((row) => row["InvoiceId"] !== "")).toBe(true);
    // Tax is a line of an invoice by itself; what each pays by both datasets is the same to the cent that the statement rounds.
    const cents = (all: typeof rows): Map<string, number> => {
      const sums = new Map<string, number>();
      for (const row of all) {
        const key = row["ChargeCategory"] === "Tax" ? "Tax" : "other";
        sums.set(key, (sums.get(key) ?? 0) + Number(row["BilledCost"]) * 100);
      }
      return sums;
    };
    const [charged, invoiced] = [cents(rows), cents(invoices)];
    for (const kind of ["Tax", "other"])
      expect(Math.abs((invoiced.get(kind) ?? 0) - (charged.get(kind) ?? 0))).toBeLessThan(
        invoices.length / 2,
      );
    expect(charged.get("Tax")).toBeGreaterThan(0);
    const open = parsed(await exported("open.csv", "--month", "2026-11", "--issuer", "Platform finance"));
    const corrected = open.filter((row) => row["InvoiceId"] !== "");
    expect(new Set(corrected.map((row) => row["ChargeClass"]))).toEqual(new Set(["Correction"]));
  });

  it("are valid as Cost and Usage, Billing Period and Invoice Detail of 1.4, a correction included", async () => {
    const issued = ["--issuer", "Platform finance"];
    for (const month of ["2026-10", "2026-11"])
      for (const dataset of ["cost-and-usage", "billing-period", "invoice-detail"]) {
        const file = await exported(
          `${dataset}-${month}.csv`,
          "--month",
          month,
          "--dataset",
          dataset,
          ...issued,
        );
        expect(validator("validate", file, "--dataset", dataset)).toContain(
          "STRUCTURAL_VALID, SEMANTIC_VALID",
        );
      }
    // As it comes without any option too.
    for (const month of ["2026-10", "2026-11"])
      expect(
        validator(
          "validate",
          await exported(`default-${month}.csv`, "--month", month),
          "--dataset",
          "cost-and-usage",
        ),
      ).toContain("STRUCTURAL_VALID, SEMANTIC_VALID");
    const corrections = readFileSync(path.join(folder, "cost-and-usage-2026-11.csv"), "utf8")
      .split("\n")
      .filter((line) => line.includes('"Correction"'));
    expect(corrections.length).toBeGreaterThan(10);
    expect(corrections[0]).toContain("Correction of 2026-10");
  });

  it("have ratios that add up to 1, costs that add up to what was split, and one journal behind each invoice", async () => {
    const issued = ["--month", "2026-10", "--issuer", "Platform finance"];
    const report = validator(
      "validate-bundle",
      "--cost-and-usage",
      await exported("c.csv", ...issued),
      "--invoice-detail",
      await exported("i.csv", "--dataset", "invoice-detail", ...issued),
      "--billing-period",
      await exported("b.csv", "--dataset", "billing-period", ...issued),
    );
    // FDT-ALLOC-005 wants a resource on every row of a split; the remainder that no team takes has none, as FOCUS says.
    const codes = new Set(
      report.match(/^ERROR FDT-[A-Z]+-\d+/gm)?.filter((code) => !code.endsWith("ALLOC-005")),
    );
    expect([...codes]).toEqual([]);
    expect(report).toContain("2026-10-31/mlflow/kubecost/shared-eu-1");
  });

  it("are recognised as 1.2, with the split columns as extensions and nothing billed without an issuer", async () => {
    const file = await exported("c12.csv", "--month", "2026-10", "--focus-version", "1.2");
    const found = validator("detect", file);
    expect(found).toContain("dataset=Cost and Usage version=1.2");
    expect(found).toContain("x_AllocatedMethodDetails");
  });

  it("come as Parquet too", async () => {
    const file = await exported("c.parquet", "--month", "2026-10", "--format", "parquet");
    expect(readFileSync(file).subarray(0, 4).toString()).toBe("PAR1");
  });
});
