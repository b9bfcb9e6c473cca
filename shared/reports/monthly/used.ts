import type { TeamRow } from "./team-row.js";

/** What of a budget is used: the rule by which alerts are sent. */
export function usedCents({
  statement,
  unsettledCents,
}: Pick<TeamRow, "statement" | "unsettledCents">): bigint {
  return statement.cents - unsettledCents;
}
