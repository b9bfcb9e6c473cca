import { expect, it } from "vitest";
import type { KnownMonth } from "../data/shapes.js";
import { nextDimension, viewOf } from "./view.js";

const month = (name: string, lastDay: string): KnownMonth => ({
  month: name,
  state: "open",
  days: Number(lastDay.slice(8)),
  lastDay,
  incompleteDays: 0,
  preparedBy: "",
  approvedBy: "",
});
const frame = { month: month("2026-11", "2026-11-09"), before: month("2026-10", "2026-10-31") };
const view = (address: string) => viewOf(new URLSearchParams(address), frame);

it("is the month by team where the address says nothing", () => {
  expect(view("")).toMatchObject({
    from: "2026-11-01",
    to: "2026-12-01",
    group: ["team"],
    step: "day",
    isMonth: true,
  });
});

it("compares a month that is not over with as many days of the other", () => {
  expect(view("compare=1").compared).toEqual({ from: "2026-10-01", to: "2026-10-10" });
  expect(view("compare=1&from=2026-11-03&to=2026-11-05").compared).toEqual({
    from: "2026-10-31",
    to: "2026-11-03",
  });
});

it("takes what no address should have for nothing: dates that are none, groupings that are not known, ends before beginnings", () => {
  expect(view("from=2026-02-31&group=nonsense,category,category&step=year&shape=pie")).toMatchObject({
    from: "2026-11-01",
    group: ["category"],
    step: "day",
    shape: "stack",
  });
  expect(view("from=2026-11-05&to=2026-11-01")).toMatchObject({ from: "2026-11-05", to: "2026-11-06" });
});

it("drills from a team to what it spends on, never to what is one already", () => {
  expect(nextDimension(view("team=a"))).toBe("category");
  expect(nextDimension(view("team=a&group=category"))).toBe("cluster");
});
