/**
 * Mutation tests of what decides about money: `npm run mutants`. Each mutant is a small fault in one of these files, and the unit tests
 * beside them have to notice it. What they do not notice is listed in reports/mutants.html: read it, then add the test that it lacks.
 * One file: `npm run mutants -- --mutate shared/domain/split.ts`
 */
export default {
  mutate: [
    "shared/domain/*.ts",
    "shared/allocation/*.ts",
    "shared/books/ledger/journal.ts",
    "shared/books/budgets/evaluate.ts",
    "shared/books/months/month.ts",
    "shared/books/forecast/{estimate,fees,forecast,path}.ts",
    "!**/{*.test,testing}.ts",
  ],
  testRunner: "vitest",
  vitest: { configFile: "vitest.mutants.config.ts" },
  // Below it the command fails.
  thresholds: { high: 95, low: 90, break: 85 },
  concurrency: 2,
  // A copy of the sources is changed, never the work tree.
  ignorePatterns: [
    "**",
    "!shared/**/*.ts",
    "!vitest*.config.ts",
    "!tools/mutants.setup.ts",
    "**/{dist,node_modules}/**",
  ],
  reporters: ["clear-text", "html", "json"],
  clearTextReporter: { reportTests: false, reportMutants: false },
  htmlReporter: { fileName: "reports/mutants.html" },
  jsonReporter: { fileName: "reports/mutants.json" },
  // A mutant that never ends is stopped after what its tests take as a rule, and this much more: other programs use the machine too.
  timeoutMS: 15_000,
};
