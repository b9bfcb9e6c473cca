import { expect, it } from "vitest";
import { ageText } from "./completeness.js";

it.each([
  [[], "never read"],
  [["0", "0"], "read less than an hour ago"],
  [["1", "1"], "read 1 hour ago"],
  [["0", "5", null], "read 0 to 5 hours ago"],
])("readings of %j hours are told as %s", (hours, text) => {
  expect(ageText(hours.map((age_hours) => ({ age_hours })))).toBe(text);
});
