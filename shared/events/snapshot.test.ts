import { describe, expect, it } from "vitest";
import type { CostFactRow, Reading, UsageFactRow } from "@apportion/domain/facts";
import { decodeEvent, encodeEvent } from "./catalogue.js";
import { eventTypeOf } from "./cloud-event.js";
import { prepareSnapshot } from "./snapshot.js";

const READ_AT = new Date("2026-11-23T06:00:00Z");
const usage = (team_label: string, quantity: string): UsageFactRow => ({
  meter: "m",
  unit: "runs",
  team_label,
  namespace: "",
  quantity,
});
const reading = (
  rows: readonly UsageFactRow[],
  finality: "final" | "provisional" = "final",
): Reading<"usage"> => ({
  key: {
    dataset: "usage",
    source: "mlflow",
    scope: "one",
    chargePeriod: { start: "2026-11-22T00:00:00Z", end: "2026-11-23T00:00:00Z" },
  },
  rows,
  finality,
});
const hashOf = (rows: readonly UsageFactRow[], currency = "USD"): string =>
  prepareSnapshot(reading(rows), READ_AT, currency).seal.contentHash;

describe("a snapshot", () => {
  it("is the same whatever the order of its rows, and with what is empty or zero or without it", () => {
    const rows = [usage("a", "1"), usage("b", "2"), usage("", "3")];
    expect(hashOf(rows.toReversed())).toBe(hashOf(rows));
    const { meter, unit, team_label, quantity } = usage("a", "1");
    const without = { meter, unit, team_label, quantity } as UsageFactRow;
    expect(hashOf([{ ...without, cluster: "", namespace: "" }])).toBe(hashOf([without]));
  });

  it("has costs in the order of their table, whatever the order in which they came", () => {
    const cost = (namespace: string, controller: string, effective_cost: string): CostFactRow => ({
      kind: "workload",
      namespace,
      controller,
      effective_cost,
      billed_cost: effective_cost,
    });
    const { key, finality } = reading([]);
    const ordered = [
      cost("", "z", "5"),
      cost("a", "a", "9"),
      cost("a", "b", "1"),
      cost("a", "b", "2"),
      cost("b", "a", "0.5"),
    ];
    for (const rows of [ordered.toReversed(), [...ordered.slice(3), ...ordered.slice(0, 3)]]) {
      const snapshot = prepareSnapshot({ key: { ...key, dataset: "cost" }, finality, rows }, READ_AT, "USD");
      expect(snapshot.rows).toEqual(ordered);
    }
  });

  it("is another one when a quantity or the currency changes, and has an id of its own for each finality", () => {
    const rows = [usage("a", "1")];
    expect(hashOf([usage("a", "1.000000000001")])).not.toBe(hashOf(rows));
    expect(hashOf(rows, "EUR")).not.toBe(hashOf(rows));
    const ids = (["final", "provisional"] as const).map(
      (finality) => prepareSnapshot(reading(rows, finality), READ_AT, "USD").seal.snapshotId,
    );
    expect(ids[0]).not.toBe(ids[1]);
  });

  it("is sealed with the exact sum of its rows", () => {
    const { seal } = prepareSnapshot(
      reading([usage("a", "0.1"), usage("b", "0.000000000002")]),
      READ_AT,
      "USD",
    );
    expect(seal).toMatchObject({ amount: "0.100000000002", rowCount: 2, readAt: "2026-11-23T06:00:00.000Z" });
  });

  it("of a deployment of before is known again: its form never changes", () => {
    const { seal, rows } = prepareSnapshot(
      reading([usage("b", "2"), usage('ä "quoted"\n🦔', "0.5"), usage("", "0"), usage("a", "1.50")]),
      READ_AT,
      "USD",
    );
    expect(seal.contentHash).toBe("8da28d557884d0307404010cc0dc2c50e39efa46c7003729d7e79f39ffb03c82");
    expect(seal.snapshotId).toBe("d4aa790867c123f6b67343b9c8a7d30c");
    expect(rows.map((row) => (row as UsageFactRow).quantity)).toEqual(["0.5", "1.50", "2", "0"]);
  });
});

describe("events", () => {
  const attributes = { id: "1", source: "/test", key: "2026-11", subject: "2026-11", time: READ_AT };

  it("are CloudEvents whose data fits their schema", () => {
    const event = encodeEvent(
      "allocationRequested",
      { billingPeriod: "2026-11", days: ["2026-11-01"], reason: "test" },
      attributes,
    );
    expect(eventTypeOf(event.headers)).toBe("apportion.allocation.requested.v1");
    expect(decodeEvent("allocationRequested", event.value)).toEqual({
      ok: true,
      data: { billingPeriod: "2026-11", days: ["2026-11-01"], reason: "test" },
    });
    expect(() =>
      encodeEvent("allocationRequested", { billingPeriod: "2026-13", days: [], reason: "" }, attributes),
    ).toThrow("billingPeriod");
  });

  it("that cannot be read say what is wrong", () => {
    expect(decodeEvent("allocationRequested", Buffer.from("{"))).toMatchObject({ ok: false });
    expect(decodeEvent("allocationRequested", Buffer.from('{"days":1}'))).toMatchObject({ ok: false });
    expect(eventTypeOf({ hello: "world" })).toBeUndefined();
  });
});
