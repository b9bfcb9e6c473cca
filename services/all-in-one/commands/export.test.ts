import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { UsageError } from "./context.js";
import { focusRequest, type FocusOptions } from "./export.js";
import { commandLine, type CommandLine } from "./testing/command-line.js";

let line: CommandLine;
beforeEach(() => void (line = commandLine()));
afterEach(() => line.remove());

const request = (name: string, more: Partial<FocusOptions> = {}) =>
  focusRequest({
    month: "2026-10",
    out: join(line.folder, name),
    focusVersion: "1.4",
    dataset: "cost-and-usage",
    data: line.data,
    ...more,
  });

it("takes the format from the file's name, where it is not said", () => {
  expect(["a.csv", "a.PARQUET", "a"].map((name) => request(name).format)).toEqual(["csv", "parquet", "csv"]);
  expect(request("a", { format: "parquet" }).format).toBe("parquet");
  expect(() => request("a.csv", { format: "parquet" })).toThrow("would hold parquet; name it .parquet");
});

it.each([
  [{ focusVersion: "1.0" }, '--focus-version: "1.0" is none of 1.2, 1.4'],
  [{ dataset: "costs" }, '--dataset: "costs" is none of cost-and-usage, billing-period, invoice-detail'],
  [{ format: "xlsx" }, '--format: "xlsx" is none of csv, parquet'],
  [{ focusVersion: "1.2", dataset: "billing-period" }, "--dataset billing-period: FOCUS has it from 1.4 on"],
])("refuses %j", (options, words) => {
  expect(() => request("a.csv", options)).toThrow(UsageError);
  expect(() => request("a.csv", options)).toThrow(words);
});

it("refuses a destination before anything is opened, and exits with 2", async () => {
  const [month, nowhere] = [["--month", "2026-10"], join(line.folder, "a", "b.csv")];
  for (const what of ["focus", "gl", "accrual", "hledger"])
    expect(await line.run("export", what, ...month, "--out", nowhere)).toEqual({
      code: 2,
      out: "",
      err: `--out: there is no folder ${join(line.folder, "a")}; make it first\n`,
    });
  const { err } = await line.run("export", "gl", ...month, "--out", join(line.folder, "b.parquet"));
  expect(err).toContain("b.parquet would hold csv; name it .csv");
  const hledger = await line.run("export", "hledger", "--out", join(line.folder, "b.csv"));
  expect(hledger.err).toContain("b.csv would hold journal; name it .journal");
});
