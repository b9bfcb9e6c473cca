import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { withPlatform } from "./platform.js";
import { commandLine } from "./testing/command-line.js";

it("opens nothing, and makes no folder, where the folder is not there", async () => {
  const line = commandLine();
  const context = { env: {}, stdout: process.stdout, stderr: process.stderr, now: () => new Date(0) };
  let used = false;
  const asking = withPlatform(context, { config: line.configFile, data: line.data }, async () => {
    used = true;
  });
  await expect(asking).rejects.toThrow(`--data: there is no folder ${line.data}`);
  expect([used, existsSync(line.data)]).toEqual([false, false]);
  line.remove();
});
