import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { quarantinedReadings } from "@apportion/books/readings/quarantined";
import type { CostFactRow, Reading } from "@apportion/domain/facts";
import { ACCOUNT, costReading, openTestPlatform, publish, type TestPlatform } from "./platform.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const S3 = "Amazon Simple Storage Service";
const FIRST = "2026-11-20";
const SECOND = "2026-11-21";

function reading(
  source: string,
  kind: CostFactRow["kind"],
  day: string,
  lines: readonly (readonly [string, string])[],
): Reading<"cost"> {
  return {
    key: { ...costReading(day, []).key, source, scope: ACCOUNT },
    rows: lines.map(([service, usageType]) => ({
      kind,
      account: ACCOUNT,
      service,
      usage_type: usageType,
      record_type: "Usage",
      effective_cost: "5",
      billed_cost: "5",
    })),
    finality: "final",
  };
}

const STORAGE = [S3, "EU-TimedStorage-ByteHrs"] as const;
const GATEWAY = ["EC2 - Other", "EU-NatGateway-Bytes"] as const;
const BEFORE = "2026-11-22T06:00:00Z";
const AFTER = "2026-11-23T06:00:00Z";
const LATER = "2026-11-23T07:00:00Z";

const charged = (): Promise<Record<string, unknown>[]> =>
  test.rows(
    `SELECT source, toString(sum(toDecimal256(amount, 12))) AS cost FROM current_allocations GROUP BY source ORDER BY source`,
  );
const reasons = async (): Promise<string[]> =>
  (await quarantinedReadings(test.clickhouse)).map(({ source, reason }) => `${source}: ${reason}`);

describe("a bill whose only lines were nobody's", { timeout: 120_000 }, () => {
  it("has nothing left when the collectors of these lines are added, which then charge them", async () => {
    for (const day of [FIRST, SECOND])
      await publish(test.log, reading("aws-bill", "unowned", day, [STORAGE, GATEWAY]), BEFORE);
    await test.settle();
    expect(await charged()).toEqual([{ source: "aws-bill", cost: "20" }]);

    // In the order of docs/operators.md: the bill first, then the collectors that were added.
    const added = { partOwners: ["s3", "network"] };
    for (const day of [FIRST, SECOND])
      await publish(test.log, reading("aws-bill", "unowned", day, []), AFTER);
    await test.settle(added);
    for (const day of [FIRST, SECOND]) {
      await publish(test.log, reading("s3", "object-storage", day, [STORAGE]), LATER);
      await publish(test.log, reading("network", "network", day, [GATEWAY]), LATER);
    }
    await test.settle(added);
    expect(await reasons()).toEqual([]);
    expect(await charged()).toEqual([
      { source: "network", cost: "10" },
      { source: "s3", cost: "10" },
    ]);
  });

  it("is an empty answer where one of the lines has no collector still", async () => {
    await publish(test.log, reading("aws-bill", "unowned", FIRST, [STORAGE, GATEWAY]), BEFORE);
    await test.settle();
    await publish(test.log, reading("aws-bill", "unowned", FIRST, []), AFTER);
    await test.settle({ partOwners: ["s3"] });
    expect(await reasons()).toEqual([expect.stringMatching(/^aws-bill: the reading is empty/)]);
    expect(await charged()).toEqual([{ source: "aws-bill", cost: "10" }]);
  });
});
