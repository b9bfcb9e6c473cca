import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readMonth } from "@apportion/books/months/read-month";
import { parseBillingPeriod } from "@apportion/domain/period";
import {
  ACCOUNT,
  billReading,
  costReading,
  cpu,
  openTestPlatform,
  publish,
  runsReading,
  type TestPlatform,
} from "./platform.js";

let test: TestPlatform;
beforeAll(async () => {
  test = await openTestPlatform();
});
afterAll(() => test.close());

const read = (day: string, readAt: string): Promise<void> =>
  publish(test.log, costReading(day, [cpu("1", { namespace: "team-a" })]), readAt);

describe("a day of a month", () => {
  it("is over when its costs were read after it had ended, however new the usage is that splits them", async () => {
    const elapsed = async (): Promise<unknown[]> => {
      await test.settle();
      const { days } = await readMonth(test.clickhouse, parseBillingPeriod("2026-11"));
      return days.map((run) => [run.day, run.elapsed]);
    };
    await read("2026-11-21", "2026-11-21T23:59:59Z");
    await read("2026-11-22", "2026-11-23T00:00:00Z");
    await read("2026-11-23", "2026-11-23T12:00:00Z");
    await publish(test.log, runsReading("2026-11-23", { a: 1 }), "2026-11-24T06:00:00Z");
    expect(await elapsed()).toEqual([
      ["2026-11-21", false],
      ["2026-11-22", true],
      ["2026-11-23", false],
    ]);
    await read("2026-11-23", "2026-11-24T01:00:00Z"); // read again
    expect(await elapsed()).toEqual([
      ["2026-11-21", false],
      ["2026-11-22", true],
      ["2026-11-23", true],
    ]);
  });

  it("is at the price of the bills that its run pins, and not of one that is only there", async () => {
    const readAt = "2026-10-23T06:00:00Z";
    for (const day of ["2026-10-21", "2026-10-22"]) await read(day, readAt);
    await publish(test.log, billReading("2026-10-21", "1"), readAt);
    // AWS has not billed all of that day yet.
    for (const account of [ACCOUNT, "444455556666"])
      await publish(
        test.log,
        { ...billReading("2026-10-22", "1", account), finality: "provisional" },
        readAt,
      );
    await test.settle();
    const { bills } = await readMonth(test.clickhouse, parseBillingPeriod("2026-10"));
    expect(bills).toEqual(
      new Map([
        [ACCOUNT, new Set(["2026-10-21"])],
        ["444455556666", new Set()],
      ]),
    );
    expect((await readMonth(test.clickhouse, parseBillingPeriod("2026-11"))).bills).toEqual(new Map());
  });

  it("has its lines before those of the next, whatever their names", async () => {
    for (const [day, namespace] of [
      ["2026-09-20", "team-z"],
      ["2026-09-21", "team-a"],
    ] as const)
      await publish(test.log, costReading(day, [cpu("1", { namespace })]), "2026-09-23T06:00:00Z");
    await test.settle();
    const { lines } = await readMonth(test.clickhouse, parseBillingPeriod("2026-09"));
    expect(lines.map(({ day, namespace }) => [day, namespace])).toEqual([
      ["2026-09-20", "team-z"],
      ["2026-09-21", "team-a"],
    ]);
  });
});
