import { expect, it } from "vitest";
import type { Anomaly } from "@apportion/books/anomalies/explain-anomaly";
import { parsePicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import { registryOf, teamOf } from "@apportion/reports/testing/months";
import { deliveryKey } from "../delivery/key.js";
import { anomalyMails, notToldOf, type ToldAnomaly } from "./due-anomaly-mails.js";

const told = (day: string, overrides: Partial<ToldAnomaly> = {}): ToldAnomaly => ({
  id: day,
  teamId: "search",
  category: "cpu",
  direction: "above",
  day: day as Day,
  ...overrides,
});
const key = (day: string, rest = "cpu/above"): string =>
  `anomaly-alert/${day.slice(0, 7)}/search/${day}/${rest}`;
const daysOf = (anomalies: readonly ToldAnomaly[]): string[] => anomalies.map(({ day }) => day);

it("is told of once, and not again as its first day where that came later than another", () => {
  expect(daysOf(notToldOf([told("2026-11-09")], [key("2026-11-09")]))).toEqual([]);
  expect(daysOf(notToldOf([told("2026-11-08")], [key("2026-11-09")]))).toEqual([]);
  expect(daysOf(notToldOf([told("2026-11-30")], [key("2026-12-02")]))).toEqual([]);
  // What comes after a surprise is another: the series say so.
  expect(daysOf(notToldOf([told("2026-11-10")], [key("2026-11-09")]))).toEqual(["2026-11-10"]);
  expect(daysOf(notToldOf([told("2026-11-08")], [key("2026-11-15")]))).toEqual(["2026-11-08"]);
  for (const other of ["gpu/above", "cpu/below"])
    expect(daysOf(notToldOf([told("2026-11-08")], [key("2026-11-09", other)]))).toEqual(["2026-11-08"]);
});

const anomaly = (day: string, category: Anomaly["category"], cost: string): Anomaly => ({
  id: `${day}${category}`,
  team: "search",
  category,
  day: day as Day,
  direction: "above",
  cost: parsePicos(cost),
  expected: parsePicos("10"),
  low: 0n,
  high: parsePicos("20"),
  against: "2026-11-01" as Day,
  before: parsePicos("10"),
  effects: [],
  movements: [],
});

it("is one mail for each team and day, under a key that another surprise does not change, led by the furthest", () => {
  const found = [
    anomaly("2026-11-09", "gpu", "900"),
    anomaly("2026-11-09", "cpu", "90"),
    anomaly("2026-11-08", "cpu", "70"),
  ];
  const mails = anomalyMails(found, {
    registry: registryOf([teamOf("search")]),
    currency: "USD",
    finance: ["finance@example.com"],
  });
  expect(mails.map(({ about, rendered }) => [deliveryKey(about), rendered.subject])).toEqual([
    [key("2026-11-08"), "search: CPU cost USD 70.00 on 8 Nov 2026, expected about USD 10.00"],
    [
      key("2026-11-09"),
      "search: GPU cost USD 900.00 on 9 Nov 2026, expected about USD 10.00, and 1 other surprise",
    ],
  ]);
});
