import { existsSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { commandLine, type CommandLine } from "./testing/command-line.js";

let line: CommandLine;
beforeEach(() => void (line = commandLine()));
afterEach(() => line.remove());

it.each([
  [["--health-port", "http"], '--health-port: "http" is not a port from 0 to 65535, and not "off"'],
  [
    ["--service", "ledger"],
    "--service needs eventLog.kind: kafka (and a ClickHouse server): the embedded ones live in one process",
  ],
])("refuses %j", async (flags, words) => {
  expect(await line.run("up", ...flags)).toEqual({ code: 2, out: "", err: `${words}\n` });
  expect(existsSync(line.data)).toBe(false); // nothing was opened
});

it("names the services that there are to somebody who mistypes one", async () => {
  const { code, err } = await line.run("up", "--service", "ledger,intak");
  expect(code).toBe(2);
  expect(err).toMatch(
    /^There is no service "intak"; there are collector-kubecost, .*intake, allocator, ledger/,
  );
});
