import { mergeConfig } from "vitest/config";
import base from "./vitest.config.js";

/**
 * The unit tests that `npm run mutants` asks. Stryker changes a copy of the sources; imports between packages lead out of it, to the files
 * as they are. So a mutant is met only by the tests that lie in its own package, which is what they are there for.
 */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], globalSetup: [] } },
  {
    test: {
      // One worker for all files of a mutant; each mutant has a new one.
      isolate: false,
      setupFiles: ["tools/mutants.setup.ts"],
      include: [
        "shared/{domain,allocation}/**/*.test.ts",
        "shared/books/ledger/journal.test.ts",
        "shared/books/budgets/evaluate.test.ts",
        "shared/books/{months/month,forecast/*}.test.ts",
      ],
      // What is slow because it is large.
      exclude: ["**/at-scale.test.ts"],
    },
  },
);
