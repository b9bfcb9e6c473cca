#!/usr/bin/env node
// What npx runs in a clone. It is there before the first build, so that npm can link it, and builds what changed since the last one.
import { existsSync } from "node:fs";

const main = new URL("./dist/main.js", import.meta.url);
const tools = new URL("../../tools/build.mjs", import.meta.url);
const isReady = (await builtInClone()) ?? existsSync(main);
if (isReady) await import(main.href);
else process.exitCode = 1;

/** Undefined where this is no clone, and nothing can be built. */
async function builtInClone() {
  if (!existsSync(tools)) return undefined;
  const { build, canBuild, isBuilt } = await import(tools.href);
  if (!canBuild()) return undefined;
  if (isBuilt()) return true;
  process.stderr.write("Building what changed …\n");
  return build();
}
