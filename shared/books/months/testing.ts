import { parseDay } from "@apportion/domain/period";
import type { CostLine } from "./month.js";

/** For tests: a team's own CPU of a day. */
export const costLine = (picos: bigint, rest: Partial<CostLine> = {}): CostLine => ({
  day: parseDay("2026-10-05"),
  ownerKind: "team",
  teamId: "a",
  category: "cpu",
  basis: "direct",
  pool: "",
  method: "",
  reason: "",
  cluster: "one",
  namespace: "team-a",
  nodePool: "",
  service: "",
  label: "",
  meter: "",
  usageWindow: "",
  betweenServices: "",
  driverQuantity: 0n,
  driverTotal: 0n,
  picos,
  ...rest,
});
