import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readMonth } from "@apportion/books/months/read-month";
import type { BillingPeriod } from "@apportion/domain/period";
import { lineOf, OCTOBER } from "@apportion/reports/testing/months";
import { openTestPlatform, type TestPlatform } from "../testing/platform.js";

let test: TestPlatform;
beforeAll(async () => {
  test = await openTestPlatform();
});
afterAll(() => test.stop());

describe("a day of a month", () => {
  it("is over when its costs were read after it had ended, however new the usage is that splits them", async () => {
    const seal = (day: string, readAt: string): Promise<void> =>
      test.seal(day, [lineOf(day, "1")], { readAt, asOf: "2026-11-24T06:00:00Z" });
    await seal("2026-11-21", "2026-11-21T23:59:59Z");
    await seal("2026-11-22", "2026-11-23T00:00:00Z");
    await seal("2026-11-23", "2026-11-23T12:00:00Z");
    await seal("2026-11-23", "2026-11-24T01:00:00Z"); // read again
    const { days } = await readMonth(test.clickhouse, "2026-11" as BillingPeriod);
    expect(days.map(({ day, elapsed }) => [day, elapsed])).toEqual([
      ["2026-11-21", false],
      ["2026-11-22", true],
      ["2026-11-23", true],
    ]);
  });

  it("is at the price of the bills that its run pins, and not of one that is only there", async () => {
    const seal = (day: string, bill: { account: string; pinned: boolean }): Promise<void> =>
      test.seal(day, [lineOf(day, "1")], { bill });
    await seal("2026-10-21", { account: "111122223333", pinned: true });
    await seal("2026-10-22", { account: "111122223333", pinned: false });
    await seal("2026-10-22", { account: "444455556666", pinned: false });
    const { bills } = await readMonth(test.clickhouse, OCTOBER);
    expect(bills).toEqual(
      new Map([
        ["111122223333", new Set(["2026-10-21"])],
        ["444455556666", new Set()],
      ]),
    );
    expect((await readMonth(test.clickhouse, "2026-11" as BillingPeriod)).bills).toEqual(new Map());
  });
});
