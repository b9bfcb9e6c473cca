import { expect, it } from "vitest";
import { readingProgress } from "./pipeline.js";

const of = (scope: string, done: number, total = 10) => ({ source: "kubecost", scope, done, total });

it("tells the progress of all that is read as one, and names some of what is still read", () => {
  const textOf = readingProgress();
  expect(textOf(of("eu-1", 5))).toBe(
    `Reading ${"█".repeat(12)}${"░".repeat(12)} 5 of 10 days: kubecost eu-1`,
  );
  for (const scope of ["eu-2", "eu-3"]) textOf(of(scope, 0));
  expect(textOf(of("eu-4", 0))).toMatch(/ 5 of 40 days: kubecost eu-1, kubecost eu-2, kubecost eu-3 …$/);
});

it("names what is complete, and no longer what was read", () => {
  const textOf = readingProgress();
  textOf(of("eu-1", 1));
  expect(textOf(of("eu-1", 10))).toBe(`Reading kubecost eu-1: ${"█".repeat(24)} 10 of 10 days`);
  expect(textOf(of("eu-2", 5))).toMatch(/ 15 of 20 days: kubecost eu-2$/);
});
