import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { CommandContext } from "./context.js";
import { configFileOf, loadCommandConfig, requireData } from "./load.js";
import { commandLine, CONFIG, type CommandLine } from "./testing/command-line.js";

const context = (env: CommandContext["env"] = {}): CommandContext => ({
  env,
  stdout: process.stdout,
  stderr: process.stderr,
  now: () => new Date(0),
});

let line: CommandLine;
const clone = process.cwd(); // in which somebody may keep an apportion.yaml
beforeEach(() => {
  line = commandLine();
  mkdirSync(line.data);
  process.chdir(mkdtempSync(join(line.folder, "here-")));
});
afterEach(() => {
  process.chdir(clone);
  line.remove();
});

it("is the file that was named, else that of the data folder where none lies here", () => {
  const { data } = line;
  expect(configFileOf({ data, config: "mine.yaml" })).toBe("mine.yaml");
  expect(configFileOf({ data })).toBe("apportion.yaml");
  writeFileSync(join(data, "apportion.yaml"), CONFIG);
  expect(configFileOf({ data })).toBe(join(data, "apportion.yaml"));
  expect(loadCommandConfig(context(), { data }).teams.map(({ id }) => id)).toEqual(["ads", "fraud"]);
});

it("says what to do where there is none, and exits with 2", async () => {
  const none = await line.runBare("config", "check", "--data", line.data);
  expect(none).toEqual({
    code: 2,
    out: "",
    err: `There is no apportion.yaml here and none in the folder ${line.data}: name one with --config FILE, or try \`apportion demo --once\`\n`,
  });
  const mistyped = await line.runBare("config", "check", "--config", join(line.folder, "aportion.yaml"));
  expect([mistyped.code, mistyped.err]).toEqual([2, expect.stringContaining("aportion.yaml")]);
  expect(mistyped.err).toContain("cannot be read (ENOENT): give its place with --config FILE");
});

it("has the secrets of the sections that a process uses, and does not miss others", () => {
  line.write(
    CONFIG.replace(
      "clickhouse: { kind: embedded }",
      `clickhouse: { kind: server, url: "http://clickhouse:8123", username: apportion, password: { env: CLICKHOUSE_PASSWORD } }`,
    ),
  );
  const options = { data: line.data, config: line.configFile };
  expect(() => loadCommandConfig(context(), options)).toThrow(
    "clickhouse.password: environment variable CLICKHOUSE_PASSWORD is missing or empty",
  );
  expect(loadCommandConfig(context(), options, ["eventLog"]).teams).toHaveLength(2);
  const password = { CLICKHOUSE_PASSWORD: "known" };
  expect(loadCommandConfig(context(password), options).clickhouse.kind).toBe("server");
});

it("does not let a command that only asks answer from a folder that is not there", () => {
  const options = { data: line.data, config: line.configFile };
  const config = loadCommandConfig(context(), options);
  expect(() => requireData(config, options)).not.toThrow();
  const elsewhere = { ...options, data: join(line.folder, "dat") };
  expect(() => requireData(config, elsewhere)).toThrow(
    `--data: there is no folder ${elsewhere.data}; \`collect\`, \`up\` and \`demo\` make one`,
  );
});
