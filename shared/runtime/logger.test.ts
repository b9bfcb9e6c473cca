import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const LOGGER = new URL("./dist/logger.js", import.meta.url).href;
const SECRET = new URL("./dist/secret.js", import.meta.url).href;

/** What a process writes to standard error that logs an error of a library with what an upstream said. */
function logged(pretty: boolean): string {
  const program = `
    const { createLogger } = await import(${JSON.stringify(LOGGER)});
    const { Secret } = await import(${JSON.stringify(SECRET)});
    new Secret("token-4711");
    const cause = new Error("you said Bearer token-4711 \\u001b[2J \\u202egnp");
    createLogger("info", { pretty: ${pretty} }).error({ err: new Error("no", { cause }) }, "path C:\\\\\\\\u001b \\u001b[2J");`;
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  const args = ["--input-type=module", "--eval", program];
  const { stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8", env: { NO_COLOR: "1" } });
  return stderr;
}

it.each([false, true])("shows no secret and nothing that moves a terminal (pretty: %s)", (pretty) => {
  const text = logged(pretty);
  expect(text).toContain("you said Bearer [secret]");
  expect(text).toContain("\\u202egnp");
  expect(text).toContain("path C:");
  expect(text).not.toContain("4711");
  expect(text.includes("\u001b[2J") || text.includes("\u202e")).toBe(false);
});
