import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { daysOf } from "@apportion/domain/period";
import { closeOctober, CONFIG, failedGates, OCTOBER, READ, runs } from "@apportion/pipeline/october";
import { billReading, publishAll, registryWith } from "@apportion/pipeline/platform";
import type { Mailer, SendOutcome } from "./delivery/mailer.js";
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
    ...options,
    ...(zone !== undefined && { section: { reports: { schedule: "off", timeZone: zone } } }),
  });

const quietHours = { from: "20:00", to: "08:00", timeZone: "UTC" };
const options = { registry, closeRules: CONFIG };

it("finance is told when quiet hours end, once, and tried again where the mail server puts it off, or what comes before it", async () => {
  let now = "2026-11-08T07:00:00Z";
  const replies: (() => SendOutcome)[] = [];
  const full = (recipient: string): SendOutcome => ({
    accepted: [],
    refused: [],
    deferred: [{ recipient, reply: "452 full" }],
  });
  const mailer: Mailer = {
    async send(mail) {
      const lead = mail.envelopeTo.find((recipient) => recipient.startsWith("search"));
      const reply = lead === undefined ? replies.shift()?.() : full(lead);
      if (!reply) test.sent.push(mail);
      return reply ?? { accepted: mail.envelopeTo, refused: [], deferred: [] };
    },
    verify: async () => undefined,
    close: () => undefined,
  };
  const overBudget = teamSection("search", { budgets: [{ from: OCTOBER, amount: "350.00" }] });
  const notifier = test.notifier({
    ...options,
    registry: registryWith({ teams: [overBudget] }),
    now: () => new Date(now),
    mailer,
    section: { quietHours },
  });
  await notifier.sendNotClosed();
  await notifier.sendWhatWaited();
  expect(test.subjects()).toEqual([]);
  now = "2026-11-08T08:00:00Z";
  replies.push(() => full("finance@example.com"));
  const putOff = async (): Promise<void> =>
    expect(notifier.sendWhatWaited()).rejects.toThrow("search-lead@example.com 452 full");
  await putOff();
  expect([replies.length, test.subjects()]).toEqual([0, []]);
  await putOff();
  expect(test.subjects()).toEqual([expect.stringMatching(/^October 2026 is not closed/)]);
  await putOff();
  await notifier.sendNotClosed();
  expect(test.subjects()).toEqual([]);
}, 300_000);

it("finance is told in the morning of what quiet hours held up, also by a process that is new then", async () => {
  const reports = { schedule: "0 0 1 1 *", notClosed: "0 22 * * *", timeZone: "UTC" };
  const notifier = test.notifier({
    ...options,
    now: "2026-11-09T08:30:00Z",
    section: { quietHours, reports },
  });
  await notifier.start();
  await vi.waitFor(() => expect(test.sent).toHaveLength(1), 30_000);
  await notifier.stop();
  expect(test.subjects()).toEqual([expect.stringMatching(/^October 2026 is not closed/)]);
}, 300_000);

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
