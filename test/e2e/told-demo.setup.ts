import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Folder of this run of the tests in which the demo is told, when a test first asks for it. */
    readonly toldDemoFolder: string;
  }
}

/** Names the folder for `told-demo.ts`, and takes it away when all tests have ended. */
export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "apportion-told-"));
  provide("toldDemoFolder", folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
