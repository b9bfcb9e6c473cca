import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Suites of whole platforms come first, however short their files are: at the end one worker would wait for the other. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      /\/test\/(e2e|faults|integration)\//.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** Tests import the packages' TypeScript sources; programs that tests start as processes run from `dist`. */
const conditions = ["apportion-source", "node", "import", "default"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["tools", "shared", "services", "deploy", "test"].map((folder) => `${folder}/**/*.test.ts`),
    exclude: ["**/dist/**", "**/node_modules/**"],
    globalSetup: ["test/pipeline/made-once.setup.ts"],
    setupFiles: ["shared/runtime/forget-secrets.setup.ts"],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    // A guard against hanging, not a limit of speed: tests start whole processes, and machines are shared.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // Two workers: each of the heavier suites brings a ClickHouse engine or a Kafka broker of its own, and uses two processors by itself.
    maxWorkers: 2,
    // Files share what a worker has loaded: to load it anew for each took a fifth of the processor's time. No test replaces a module.
    isolate: false,
    sequence: { sequencer: LongFirst },
  },
});
