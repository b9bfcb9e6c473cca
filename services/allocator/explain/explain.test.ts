import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CostFactRow, Reading } from "@apportion/domain/facts";
import { parseBillingPeriod } from "@apportion/domain/period";
import { ACCOUNT, costReading, cpu, openTestPlatform, publish, type TestPlatform } from "../test-platform.js";
import { explainLine, explainStatement } from "./explain.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const NOVEMBER = parseBillingPeriod("2026-11");

describe("a line of what nobody owns", () => {
  const ofBill = (
    source: string,
    amounts: readonly [string, Partial<CostFactRow>][],
    kind: CostFactRow["kind"],
  ): Reading<"cost"> => ({
    key: { ...costReading("2026-11-22", []).key, source, scope: ACCOUNT },
    rows: amounts.map(([amount, names]) => ({
      kind,
      account: ACCOUNT,
      service: source,
      record_type: "Usage",
      effective_cost: amount,
      billed_cost: amount,
      ...names,
    })),
    finality: "provisional",
  });

  it("has the facts of its own reason behind it, and nothing to explain away", async () => {
    const storage: [string, Partial<CostFactRow>][] = [
      ["3", { team_label: "gone" }],
      ["40", { team_label: "" }],
    ];
    const traffic: [string, Partial<CostFactRow>][] = [
      ["5", { cluster: "one", namespace: "sandbox" }],
      ["60", { cluster: "", namespace: "" }],
    ];
    await publish(test.log, costReading("2026-11-22", [cpu("1", { namespace: "sandbox" })]));
    await publish(test.log, ofBill("s3", storage, "object-storage"));
    await publish(test.log, ofBill("network", traffic, "network"));
    await test.settle();
    const { lines } = await explainStatement(test.clickhouse, NOVEMBER, "unallocated");
    const explained = await Promise.all(
      lines.map(({ line }) => explainLine(test.clickhouse, NOVEMBER, "unallocated", line)),
    );
    expect(
      explained.map(({ line, facts }) => [line.category, line.reason, ...facts.map((fact) => fact.amount)]),
    ).toEqual([
      ["cpu", "no-owner", "1"],
      ["object-storage", "no-owner", "3"],
      ["object-storage", "untagged", "40"],
      ["network", "no-bytes", "60"],
      ["network", "no-owner", "5"],
    ]);
  });
});
