import { describe, expect, it } from "vitest";
import { parseCron } from "./cron.js";

const next = (cron: string, after: string, timeZone?: string): string =>
  parseCron(cron, timeZone).next(new Date(after)).toISOString();

describe("the next time of a cron expression, in UTC", () => {
  it.each([
    ["10 * * * *", "2026-11-27T12:09:59.999Z", "2026-11-27T12:10:00.000Z"],
    ["10 * * * *", "2026-11-27T12:10:00Z", "2026-11-27T13:10:00.000Z"],
    ["50 5 * * *", "2026-12-31T05:50:00Z", "2027-01-01T05:50:00.000Z"],
    ["40 5,17 * * *", "2026-11-27T06:00:00Z", "2026-11-27T17:40:00.000Z"],
    ["30 2 * * 0", "2026-11-27T00:00:00Z", "2026-11-29T02:30:00.000Z"],
    ["0 6 8-31 * *", "2026-11-30T07:00:00Z", "2026-12-08T06:00:00.000Z"],
    ["0 0 L * *", "2026-02-01T00:00:00Z", "2026-02-28T00:00:00.000Z"],
    ["0 0 29 2 *", "2026-11-27T00:00:00Z", "2028-02-29T00:00:00.000Z"],
    ["*/5 * * * * *", "2026-11-27T12:00:05Z", "2026-11-27T12:00:10.000Z"],
    ["@daily", "2026-11-27T12:00:05Z", "2026-11-28T00:00:00.000Z"],
  ])("%s after %s is %s", (cron, after, expected) => {
    expect(next(cron, after)).toBe(expected);
  });

  it("is an error where there is none: no 29 February is the first Monday", () => {
    expect(() => next("0 0 29 2 1#1", "2026-11-27T00:00:00Z")).toThrow("has no time");
  });
});

describe("the next time of a cron expression in a time zone", () => {
  it.each([
    // Summer and winter time: the same by the clocks there, not in UTC.
    ["0 6 * * *", "Europe/Berlin", "2026-07-01T00:00:00Z", "2026-07-01T04:00:00.000Z"],
    ["0 6 * * *", "Europe/Berlin", "2026-11-27T00:00:00Z", "2026-11-27T05:00:00.000Z"],
    // The first of a month there is the last of the month before in UTC.
    ["30 0 1 * *", "Asia/Kolkata", "2026-11-15T00:00:00Z", "2026-11-30T19:00:00.000Z"],
    ["0 23 * * 0", "America/Los_Angeles", "2026-11-29T08:00:00Z", "2026-11-30T07:00:00.000Z"],
    // Clocks go from 02:00 to 03:00: what they skip is an hour later, on the same day.
    ["30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00.000Z"],
    ["30 2 * * *", "Europe/Berlin", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00.000Z"],
    ["0 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00.000Z"],
    ["0 * * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T02:00:00.000Z"],
    // Clocks show 02:00 to 03:00 twice: once, the first time.
    ["30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00.000Z"],
    ["30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00.000Z"],
    // Midnight itself is skipped in Beirut.
    ["0 0 * * *", "Asia/Beirut", "2026-03-28T12:00:00Z", "2026-03-28T22:00:00.000Z"],
    ["0 0 * * *", "Asia/Beirut", "2026-03-28T22:00:00Z", "2026-03-29T21:00:00.000Z"],
    // Half an hour is put forward and back on Lord Howe.
    ["15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-03T15:45:00.000Z"],
  ])("%s in %s after %s is %s", (cron, timeZone, after, expected) => {
    expect(next(cron, after, timeZone)).toBe(expected);
  });

  it("comes once on each day of a year, whatever the clocks do", () => {
    for (const timeZone of ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut"]) {
      const cron = parseCron("30 2 * * *", timeZone);
      let [at, count] = [new Date("2026-01-01T12:00:00Z"), 0];
      for (; at < new Date("2027-01-01T12:00:00Z"); count += 1) {
        const following = cron.next(at);
        expect(following.getTime()).toBeGreaterThan(at.getTime());
        at = following;
      }
      expect([timeZone, count]).toEqual([timeZone, 366]);
    }
  });
});
