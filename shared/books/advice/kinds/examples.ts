import { parsePicos } from "@apportion/domain/money";
import { addDays, parseDay } from "@apportion/domain/period";
import type { ContainerUse } from "../container-use.js";
import type { CostHistory, HistoryDay } from "../history.js";

/** For tests: ten days of a workload that asks for much, and how its container used eight of them. */

const p = parsePicos;
const DAY: Omit<HistoryDay, "day"> = {
  cpuCost: p("24"),
  gpuCost: 0n,
  ramCost: p("12"),
  pvCost: 0n,
  loadBalancerCost: 0n,
  networkInfo: 0n,
  cost: p("36"),
  cpuHours: p("48"),
  cpuRequestHours: p("48"),
  cpuUsageHours: p("5"),
  gpuHours: 0n,
  gpuUsageHours: 0n,
  ramHours: p("96"),
  ramRequestHours: p("96"),
  ramUsageHours: p("10"),
};
export const history = (controllerKind = "deployment", day: Partial<HistoryDay> = {}): CostHistory => ({
  kind: "workload",
  cluster: "eu",
  namespace: "team-a",
  controllerKind,
  controller: "api",
  teamLabel: "a",
  account: "",
  service: "",
  recordType: "",
  networkClass: "",
  days: Array.from({ length: 10 }, (_, index) => ({
    ...DAY,
    ...day,
    day: addDays(parseDay("2026-11-01"), index),
  })),
});
export const use = (each: Partial<ContainerUse> = {}): ContainerUse => ({
  container: "app",
  days: 8,
  cpuP95: p("0.2"),
  cpuP99: p("0.4"),
  memoryMax: p("1"),
  cpuRequest: p("2"),
  memoryRequest: p("4"),
  isOomKilled: false,
  gpuShare: undefined,
  offHours: undefined,
  busyOffHours: undefined,
  isNotebook: false,
  ...each,
});
