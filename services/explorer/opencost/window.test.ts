import { expect, it } from "vitest";
import { parseDay } from "@apportion/domain/period";
import { parseWindow } from "./window.js";

const today = parseDay("2026-11-25"); // a Wednesday

it.each([
  ["today", "2026-11-25", "2026-11-26"],
  ["yesterday", "2026-11-24", "2026-11-25"],
  ["week", "2026-11-23", "2026-11-26"],
  ["lastweek", "2026-11-16", "2026-11-23"],
  ["month", "2026-11-01", "2026-11-26"],
  ["lastmonth", "2026-10-01", "2026-11-01"],
  ["7d", "2026-11-19", "2026-11-26"],
  ["48h", "2026-11-24", "2026-11-26"],
  ["2026-11-01,2026-12-01", "2026-11-01", "2026-12-01"],
  ["2026-11-01T00:00:00Z,2026-11-02T00:00:00Z", "2026-11-01", "2026-11-02"],
  ["2026-11-01T00:00:00Z,2026-11-01T23:59:59Z", "2026-11-01", "2026-11-02"],
  ["1793491200,1793577600", "2026-11-01", "2026-11-02"],
])("%s is the days that OpenCost means by it", (text, from, to) => {
  expect(parseWindow(text, today)).toEqual({ from, to });
});

it.each([
  "",
  "tomorrow",
  "constructor",
  "5h",
  "0d",
  "9999d",
  "2026-11-01",
  "2026-11-01,2026-13-01",
  "2026-11-01T06:00:00Z,2026-11-02",
])("%j is refused, with what there is", (text) => {
  expect(() => parseWindow(text, today)).toThrow(/^window: /);
});
