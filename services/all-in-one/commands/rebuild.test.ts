import { expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { resultLines } from "./rebuild.js";
import { plain } from "./testing/command-line.js";

const nothing = {
  records: new Map<string, number>(),
  snapshots: 0,
  messages: 0,
  runs: 0,
  months: [],
  failed: [],
  findings: [],
};

it("says that nothing was missing where nothing was", () => {
  expect(plain(resultLines(nothing))).toEqual([
    "No record was missing",
    "0 readings stored again of 0 messages that were read",
    "0 runs computed again as sealed; no month allocated",
    "✓ the tables have all that was handled of the event log; closed months verify",
  ]);
});

it("counts what is back, and says what still is not, never both that and that all is well", () => {
  const result = {
    ...nothing,
    records: new Map([["journals", 1]]),
    snapshots: 1,
    messages: 12,
    runs: 31,
    months: [parseBillingPeriod("2026-10"), parseBillingPeriod("2026-11")],
    damaged: "data/damaged-1",
    findings: ["2026-10, journal 4: another hash"],
  };
  expect(plain(resultLines(result))).toEqual([
    "Records that are back from the event log:",
    "  journals: 1 row",
    "1 reading stored again of 12 messages that were read",
    "31 runs computed again as sealed; 2026-10, 2026-11 allocated",
    "Damaged files are in data/damaged-1 now",
    "✗ 2026-10, journal 4: another hash",
  ]);
});
