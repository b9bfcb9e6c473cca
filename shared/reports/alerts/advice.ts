import { previousBillingPeriod } from "@apportion/domain/period";
import { amountText, countText, monthName } from "../format.js";
import { expectedPicos } from "../forecast-words.js";
import type { Alert } from "./compose.js";

/** One sentence: what rose, or that nothing did. */
export function whatDroveIt(alert: Alert): string {
  const usual = usuallyAbove(alert);
  return usual === undefined ? whatRose(alert) : `${usual} ${whatRose(alert)}`;
}

/** A team that was above this budget last month already has no reason to look for one in this one. */
function usuallyAbove({ expected, lastMonth, budget, period, currency }: Alert): string | undefined {
  if (!expected || lastMonth === undefined || lastMonth < budget) return undefined;
  const month = monthName(previousBillingPeriod(period));
  return `${month} came to ${amountText(lastMonth, currency)} as well: the budget is below what the team usually costs.`;
}

function whatRose({ driver, currency, crossedOn, period, expected }: Alert): string {
  if (!driver) {
    const early = Number(crossedOn.slice(8)) <= 6 && crossedOn.startsWith(period);
    return early
      ? "It is too early in the month to say what changed; these are the biggest costs so far."
      : `No single cost rose ${expected ? "of late" : "before the threshold was passed"}: the month as a whole runs at this pace. The biggest costs:`;
  }
  const { name, recentPerDay, earlierPerDay, recentDays, earlierDays } = driver;
  const when = expected ? "" : " before the threshold was passed";
  const recently = `Mostly ${name}: ${amountText(recentPerDay, currency)} a day in the last ${countText(recentDays, "day")}${when}`;
  return earlierPerDay === 0n
    ? `${recently}, nothing in the ${countText(earlierDays, "day")} before those.`
    : `${recently}, against ${amountText(earlierPerDay, currency)} a day in the ${countText(earlierDays, "day")} before those.`;
}

const IDLE_REMEDY =
  "the nodes are yours alone, and so is their idle capacity: fewer or smaller nodes bring it down";

/** What usually brings down a category. */
const REMEDIES: Readonly<Record<string, string>> = {
  cpu: "compare CPU requests with what the pods use, and stop what is no longer needed",
  gpu: "look for notebooks and jobs that hold a GPU without using it; a finished job keeps costing until it is gone",
  memory: "compare memory requests with what the pods use; requests are charged, used or not",
  "persistent-volume": "delete volumes that no pod mounts, and old snapshots",
  "load-balancer": "remove load balancers whose service is gone, or share one ingress",
  "object-storage": "check lifecycle rules: old versions and unfinished uploads are charged like data",
  "idle-cpu": IDLE_REMEDY,
  "idle-gpu": IDLE_REMEDY,
  "idle-memory": IDLE_REMEDY,
  idle: IDLE_REMEDY,
  shared: "the share follows use: fewer runs, series or deployments bring it down",
};

export function stepsTitle({ isOver }: Alert): string {
  return isOver ? "What makes sense now" : "What to do now";
}

/** At most three steps, the most useful first. */
export function nextSteps(alert: Alert): string[] {
  const { driver, biggest, advice } = alert;
  // What is known to save is better than what usually does.
  const target = advice && advice.first.length > 0 ? undefined : (driver ?? biggest[0]);
  const remedy = target && REMEDIES[target.category];
  return [
    ...(target ? [`${target.name}: ${remedy ?? "check whether it is still needed"}.`] : []),
    budgetStep(alert),
    `If a cost is not yours, tell finance before the month is closed: until then a corrected owner re-allocates the days it concerns.`,
  ];
}

function budgetStep({ isOver, period, forecast, budget, spent, advice }: Alert): string {
  const month = monthName(period);
  if (isOver)
    return spent > budget
      ? `${month} is over and stays above its budget. If the cost goes on, agree a budget for the months to come with finance.`
      : `${month} is over and its budget held${advice && advice.first.length > 0 ? ": what would save is worth it all the same." : ": nothing more to do, unless the months to come cost more."}`;
  return spent >= budget || expectedPicos(forecast, spent) >= budget
    ? "If the cost is intended, agree a new budget with finance now; a change takes effect from the month you name."
    : "At this pace the budget holds: nothing more to do unless you plan more.";
}
