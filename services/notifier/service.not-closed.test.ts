import { afterAll, beforeAll, expect, it } from "vitest";
import { daysOf } from "@apportion/domain/period";
import { closeOctober, CONFIG, failedGates, OCTOBER, READ, runs } from "@apportion/pipeline/october";
import { billReading, publishAll, registryWith } from "@apportion/pipeline/platform";
import type { Notifier } from "./service.js";
import { openTestPlatform, teamSection, worked, type TestPlatform } from "./testing/platform.js";

const registry = registryWith({ teams: [teamSection("search")] });
const LAST_DAY = "2026-10-31";

let test: TestPlatform;
beforeAll(async () => {
  test = await openTestPlatform();
  const month = daysOf(OCTOBER).flatMap((day) => [
    worked(day, { search: "10" }),
    billReading(day, "10"),
    ...(day === LAST_DAY ? [] : [runs(day, { search: 1 })]),
  ]);
  await publishAll(test.log, month, READ);
  await test.settle({ now: READ, registry });
});
afterAll(() => test.close());

const on = (now: string, zone?: string): Notifier =>
  test.notifier({
    now,
    registry,
    closeRules: CONFIG,
    ...(zone !== undefined && { section: { reports: { schedule: "off", timeZone: zone } } }),
  });

it("finance is told each day, once, why a month that has settled cannot close, until it is closed", async () => {
  await on("2026-11-05T08:00:00Z").sendNotClosed();
  expect(test.subjects()).toEqual([]);

  // Within the lease of a mail: to a clock that is hours ahead who sends it would be dead.
  await Promise.all(["2026-11-10T08:00:00Z", "2026-11-10T08:05:00Z"].map((now) => on(now).sendNotClosed()));
  await on("2026-11-10T17:00:00Z").sendNotClosed();
  const [mail, ...others] = test.sent.splice(0);
  expect(others).toEqual([]);
  expect(mail?.to).toEqual(["finance@example.com"]);
  expect(mail?.subject).toMatch(/^October 2026 is not closed: .*complete/);
  expect(mail?.text).toContain("missing (usage/mlflow/");
  expect(mail?.text).toContain("apportion completeness --month 2026-10");
  expect(mail?.text).toContain("apportion close --month 2026-10");

  await on("2026-11-11T08:00:00Z").sendNotClosed();
  expect(test.subjects()).toHaveLength(1);
  // It is the 12th by the clocks there, and still the 11th in UTC.
  await on("2026-11-11T23:30:00Z", "Europe/Berlin").sendNotClosed();
  expect(test.subjects()).toHaveLength(1);

  await publishAll(test.log, [runs(LAST_DAY, { search: 1 })], "2026-11-12T08:00:00Z");
  await test.settle({ now: "2026-11-12T09:00:00Z", registry });
  const closed = await closeOctober(test);
  expect(failedGates(closed)).toEqual([]);
  await on("2026-11-13T08:00:00Z").sendNotClosed();
  expect(test.subjects()).toEqual([]);
}, 300_000);
