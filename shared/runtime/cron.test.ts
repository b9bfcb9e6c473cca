import { describe, expect, it } from "vitest";
import { parseCron } from "./cron.js";

const next = (cron: string, after: string): string => parseCron(cron).next(new Date(after)).toISOString();

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
