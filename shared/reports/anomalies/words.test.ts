import { expect, it } from "vitest";
import type { Anomaly } from "@apportion/books/anomalies/explain-anomaly";
import { parsePicos } from "@apportion/domain/money";
import { parseDay } from "@apportion/domain/period";
import { anomalyCauses, anomalyHeadline, anomalyMovements, markText, withoutProtectedNames } from "./words.js";
import { WORKLOAD } from "@apportion/books/compare/testing";

const workload = { ...WORKLOAD, protectedLevel: "hipaa" };
const moved = { subject: workload, category: "gpu" as const, before: 0n, after: 0n };
const anomaly: Anomaly = {
  id: "1",
  team: "imaging",
  category: "gpu",
  day: parseDay("2026-11-14"),
  direction: "above",
  expected: parsePicos("500.4"),
  low: parsePicos("440"),
  high: parsePicos("560"),
  cost: parsePicos("900"),
  against: parseDay("2026-11-07"),
  before: parsePicos("480"),
  effects: [
    { effect: "usage", picos: parsePicos("20"), cents: 2000n },
    { effect: "new", picos: parsePicos("400"), cents: 40_000n },
  ],
  movements: [
    { ...moved, effect: "new", picos: parsePicos("400"), cents: 40_000n },
    {
      ...moved,
      effect: "usage",
      picos: parsePicos("20"),
      cents: 2000n,
      quantity: { before: parsePicos("48"), after: parsePicos("50") },
    },
    { ...moved, effect: "price", picos: 1n, cents: 0n },
  ],
};
const naming = { registry: { sharedServices: [] }, currency: "USD" };

it("says what was expected, what it is compared with, and the largest reason first", () => {
  expect(anomalyHeadline(anomaly, "USD")).toBe(
    "GPU of imaging on 14 Nov 2026: USD 900.00, expected about USD 500 (USD 440 to USD 560)",
  );
  expect(anomalyCauses(anomaly, "USD")).toBe(
    "+USD 420.00 from 7 Nov 2026: new workloads +USD 400.00, usage +USD 20.00",
  );
  const swapped: Anomaly = { ...anomaly, direction: "within", low: anomaly.expected, high: anomaly.expected };
  expect(anomalyHeadline(swapped, "USD")).toBe(
    "GPU of imaging on 14 Nov 2026: USD 900.00, expected about USD 500, but not what came and what went",
  );
});

it("names workloads only where they may be", () => {
  expect(anomalyMovements(anomaly, naming)).toEqual([
    "new workloads: GPU of eu-1/imaging/tumor-model +USD 400.00",
    "usage: GPU of eu-1/imaging/tumor-model +USD 20.00 (48 → 50 GPU-hours)",
  ]);
  const shown = anomalyMovements(withoutProtectedNames(anomaly), naming);
  expect(shown).toEqual([
    "new workloads: GPU of eu-1/imaging/hidden (hipaa) +USD 400.00",
    "usage: GPU of eu-1/imaging/hidden (hipaa) +USD 20.00 (48 → 50 GPU-hours)",
  ]);
});

it("says who expected it, why, and how long", () => {
  const mark = {
    ...anomaly,
    by: "ann",
    reason: "a reindexing",
    at: "2026-11-27 09:30:00.000",
    until: undefined,
  };
  expect(markText(mark)).toBe("expected by ann on 27 Nov 2026: a reindexing");
  expect(markText({ ...mark, until: parseDay("2026-12-10") })).toBe(
    "expected by ann on 27 Nov 2026: a reindexing; the like too, until 10 Dec 2026",
  );
});
