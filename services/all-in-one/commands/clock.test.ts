import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { parseDay } from "@apportion/domain/period";
import { writeDemoFolder } from "../demo/folder.js";
import { clockOf } from "./clock.js";
import { commandLine, type CommandLine } from "./testing/command-line.js";

const wall = (): Date => new Date("2026-11-22T06:00:00Z");

let line: CommandLine;
beforeEach(() => {
  line = commandLine();
  mkdirSync(line.data);
});
afterEach(() => line.remove());

it("is the machine's, but in a folder of a demo that folder's", () => {
  const { data } = line;
  expect(clockOf("report", {}, wall)).toBe(wall);
  expect(clockOf("report", { data }, wall)).toBe(wall);
  writeDemoFolder(data, { seed: 1, asOf: parseDay("2026-12-08"), aheadMs: 86_400_000 });
  expect(clockOf("report", { data }, wall)().toISOString()).toBe("2026-11-23T06:00:00.000Z");
});

it("refuses to read another platform into a demo's folder, and lets it be asked", async () => {
  const { data, configFile } = line;
  writeDemoFolder(data, { seed: 1, asOf: parseDay("2026-12-08") });
  for (const command of ["up", "collect", "doctor"])
    expect(await line.run(command, ...(command === "collect" ? ["--from", "a", "--to", "b"] : []))).toEqual({
      code: 2,
      out: "",
      err: `--data: ${data} holds the demo's simulated platform, and ${configFile} is of another: name another folder with --data\n`,
    });
  expect(() => clockOf("report", { data, config: configFile }, wall)).not.toThrow();
  expect(() => clockOf("collect", { data, config: join(data, "mine.yaml") }, wall)).not.toThrow();
});

it("does not go on by the machine's clock where the demo's is damaged", () => {
  writeFileSync(join(line.data, "demo.json"), '{"seed":1');
  expect(() => clockOf("report", { data: line.data }, wall)).toThrow(
    `${join(line.data, "demo.json")} is damaged`,
  );
});
