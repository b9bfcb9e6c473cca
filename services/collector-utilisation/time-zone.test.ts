import { expect, it } from "vitest";
import { chargePeriodOf, parseDay } from "@apportion/domain/period";
import { isTimeZone, secondsAhead } from "./time-zone.js";

it.each([
  ["UTC", "2026-11-24", 0],
  ["Europe/Berlin", "2026-11-24", 3_600],
  ["Europe/Berlin", "2026-07-01", 7_200],
  ["America/New_York", "2026-11-24", -18_000],
  ["Asia/Kathmandu", "2026-11-24", 20_700],
  ["Pacific/Kiritimati", "2026-12-31", 50_400],
])("%s is ahead on %s by %d seconds", (timeZone, day, seconds) => {
  expect(secondsAhead(timeZone, chargePeriodOf(parseDay(day)))).toBe(seconds);
});

it.each(["", "Berlin", "Europe/Atlantis", "+25:00"])("%j is no time zone", (name) => {
  expect(isTimeZone(name)).toBe(false);
});
