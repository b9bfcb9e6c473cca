import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const repository = resolve(import.meta.dirname, "..");
const oxlint = join(repository, "node_modules", ".bin", "oxlint");

/** The fixtures lie in folders named like the real ones, in a copy where the rules' paths match them. */
let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), "apportion-boundaries-"));
  cpSync(join(import.meta.dirname, "fixtures"), copy, { recursive: true });
  copyFileSync(join(repository, ".oxlintrc.json"), join(copy, ".oxlintrc.json"));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe("the boundary rules bite", () => {
  it.each([
    ["services/notifier/imports-a-service.ts", "A service never imports another service"],
    ["services/ledger/imports-a-service.ts", "A service never imports another service"],
    ["shared/books/inserts.ts", "The books are read here and never written"],
    ["services/simulator/imports-the-domain.ts", "What is simulated knows nothing of Apportion"],
    ["shared/books/imports-a-service.ts", "the books know no service"],
    ["shared/books/asks-aws.ts", "ask AWS nothing"],
    ["shared/reports/reads.ts", "they read nothing themselves"],
    ["shared/reports/does-io.ts", "no I/O, and no service"],
    ["services/allocator/reaches-into-a-folder.ts", "Import other packages by their name"],
    ["services/allocator/reads-the-environment.ts", "process.env"],
    ["shared/domain/does-io.ts", "The domain depends on nothing and does no I/O"],
    ["shared/allocation/imports-the-database.ts", "The core knows the domain and nothing else"],
    ["shared/events/imports-an-adapter.ts", "Arrows point inward"],
    ["shared/clickhouse/imports-a-service.ts", "Arrows point inward"],
    ["shared/clickhouse/imports-the-log.ts", "stand on the runtime alone"],
    ["shared/aws/imports-a-service.ts", "Arrows point inward"],
    ["shared/aws/imports-the-database.ts", "readings know no database"],
    ["shared/recovery/imports-a-service.ts", "Arrows point inward"],
    ["shared/readings/reaches-into-a-package.ts", "Import other packages by their name"],
    ["services/notifier/reaches-into-a-service.ts", "Import other packages by their name"],
    ["services/notifier/alerts/reaches-into-a-service.ts", "Import other packages by their name"],
    ["services/all-in-one/reaches-into-a-service.ts", "Import other packages by their name"],
    ["services/allocator/imports-the-environment.ts", "Only main.ts reads the environment"],
    ["services/all-in-one/imports-the-environment.ts", "Only main.ts reads the environment"],
    ["shared/clickhouse/imports-the-environment.ts", "Only main.ts reads the environment"],
    ["shared/runtime/imports-the-environment.ts", "Only main.ts reads the environment"],
    ["shared/domain/imports-the-environment.ts", "does no I/O"],
    ["services/explorer/pages/reads.ts", "Pages ask the API"],
    ["services/explorer/pages/does-io.ts", "Pages run in a browser"],
  ])("%s is refused: %s", (file, message) => {
    const lint = spawnSync(oxlint, [file], { cwd: copy, encoding: "utf8" });
    expect(lint.status).toBe(1);
    expect(lint.stdout.replace(/\s+/g, " ")).toContain(message);
  });
});
