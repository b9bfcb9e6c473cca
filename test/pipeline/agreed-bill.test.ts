import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { daysOf } from "@apportion/domain/period";
import { checkClose } from "@apportion/ledger/close";
import { CONFIG, deps as depsOf, OCTOBER, READ, readOctober as readOctoberOf } from "./october.js";
import { billReading, confirmationOf, openTestPlatform, publish, type TestPlatform } from "./platform.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const readOctober = (readings?: Parameters<typeof readOctoberOf>[1]): Promise<void> =>
  readOctoberOf(test, readings);
const deps = (now?: string): ReturnType<typeof depsOf> => depsOf(test, now);

describe("two readings of the bill", () => {
  const days = daysOf(OCTOBER).slice(3, 6);
  const agreed = async (hours = 48): Promise<{ passed: boolean; says: string } | undefined> => {
    await test.settle({ now: READ });
    const { gates } = await checkClose(deps("2026-11-20T00:00:00Z"), OCTOBER, {
      ...CONFIG,
      agreedHours: hours,
    });
    return gates.find(({ name }) => name === "agreed");
  };
  const confirm = (readAt: string, day: string, firstReadAt = READ): Promise<void> =>
    test.log.publish([confirmationOf(billReading(day, "12"), firstReadAt, readAt)]);

  it("must lie 48 hours apart and say the same, on every day; a confirmed one counts", async () => {
    await readOctober({ days }); // at READ
    expect(await agreed()).toEqual({
      name: "agreed",
      passed: false,
      says: "3 of 3 days of aws-bill/111122223333 were not read alike twice, 48 hours apart: read the bill again from 2026-11-12 06:00 UTC on",
    });
    for (const day of days) await confirm("2026-11-12T05:59:59.999Z", day);
    expect((await agreed())?.passed).toBe(false);
    expect((await agreed(47))?.passed).toBe(true);
    expect((await agreed(0))?.passed).toBe(true);
    for (const day of days.slice(1)) await confirm("2026-11-12T06:00:00Z", day);
    expect((await agreed())?.says).toContain("1 of 3 days of aws-bill/111122223333");
    await confirm("2026-11-13T06:00:00Z", "2026-10-04");
    expect((await agreed())?.passed).toBe(true);
  });

  it("do not agree when the bill said something else in between, or says so now", async () => {
    await readOctober({ days });
    for (const day of days) await confirm("2026-11-12T06:00:00Z", day);
    expect((await agreed())?.passed).toBe(true);
    await publish(test.log, billReading("2026-10-05", "13"), "2026-11-13T06:00:00Z");
    const restated = await agreed();
    expect(restated?.says).toContain("1 of 3 days of aws-bill/111122223333");
    expect(restated?.says).toContain("from 2026-11-15 06:00 UTC on");
    await publish(test.log, billReading("2026-10-05", "12"), "2026-11-14T06:00:00Z");
    expect((await agreed())?.says).toContain("from 2026-11-16 06:00 UTC on");
    await confirm("2026-11-16T06:00:00Z", "2026-10-05", "2026-11-14T06:00:00Z");
    expect((await agreed())?.passed).toBe(true);
  });
});
