import { describe, expect, it } from "vitest";
import { effectText, stateText } from "./quarantine.js";

it("says what became of a reading", () => {
  const open = { decision: "", prepared_by: "", decided_by: "", decision_reason: "", is_moot: false };
  const decided = {
    ...open,
    prepared_by: "ann",
    decided_by: "bob",
    decision_reason: "the provider's fault",
    is_moot: true,
  };
  expect(
    [
      open,
      { ...open, is_moot: true },
      { ...decided, decision: "release" },
      { ...decided, decision: "drop" },
    ].map(stateText),
  ).toEqual([
    "waits for a decision",
    "needs no decision: a later reading is visible",
    "released, prepared by ann, approved by bob: the provider's fault",
    "dropped, prepared by ann, approved by bob: the provider's fault",
  ]);
});

describe("what a release changes", () => {
  it.each([
    [
      { dataset: "cost", change: "7419.68", unit: "USD" },
      "what is collected of its period changes by 7,419.68 USD",
    ],
    [
      { dataset: "bill", change: "7419.68", unit: "USD" },
      "the bill to reconcile with, and to price Kubernetes by, changes by 7,419.68 USD",
    ],
    [
      { dataset: "usage", change: "-40", unit: "runs" },
      "what was measured of its period changes by -40 runs",
    ],
    [{ dataset: "bucket", change: "3", unit: "buckets" }, "the inventory of its period changes by 3 buckets"],
    [
      { dataset: "workload-utilisation", change: "3", unit: "containers" },
      "what is known of how workloads use what they ask for changes by 3 containers",
    ],
  ] as const)("is said of what its dataset is for: %j", (effect, text) => {
    expect(effectText(effect)).toContain(text);
  });
});
