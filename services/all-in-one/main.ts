#!/usr/bin/env node
import module from "node:module";
import { fileURLToPath } from "node:url";
import { keepFilesPrivate } from "@apportion/runtime/private-files";

keepFilesPrivate();

// Node.js 22.8 and newer keep what they compiled: beside the program, where nobody else writes. Where it cannot be written, they go without.
(module as { enableCompileCache?: (folder: string) => void }).enableCompileCache?.(
  fileURLToPath(new URL(".compile-cache", import.meta.url)),
);
// The AWS SDK warns about Node.js 20 on every start; docs/operators.md says it once.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
// `apportion … | head` closes the pipe when it has enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});
const { runCli } = await import("./cli.js"); // after the cache is there
const code = await runCli(process.argv, {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  now: () => new Date(),
});
process.exitCode = code;
// When all is written: a connection that somebody gave up on, and that hangs, must not hold a command that is done.
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
