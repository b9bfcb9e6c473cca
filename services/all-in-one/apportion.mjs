#!/usr/bin/env node
// What npx runs in a clone. It is there before the first build, so that npm can link it.
import { existsSync } from "node:fs";

const main = new URL("./dist/main.js", import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  process.stderr.write("apportion is not built yet: run `npm run build` once\n");
  process.exitCode = 1;
}
