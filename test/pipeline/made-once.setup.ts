import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Of this run of the tests: what is made once for all of them lies in it. */
    readonly madeOnceFolder: string;
  }
}

/** Names the folder for `made-once.ts`, and takes it away when all tests have ended. */
export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "apportion-made-once-"));
  provide("madeOnceFolder", folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
