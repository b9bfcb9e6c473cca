import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { commandLine } from "./testing/command-line.js";

it("is that of the package, which releases are named by", async () => {
  const file = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(file) as { version: string };
  const line = commandLine();
  expect(await line.runBare("--version")).toEqual({ code: 0, out: `${version}\n`, err: "" });
  line.remove();
});
