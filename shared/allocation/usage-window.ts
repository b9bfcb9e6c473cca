/**
 * Whose use counts for the cost of a day: that of the whole billing month so far, or that of the day alone. A month evens out what
 * days do to a service that costs the same on each of them; a day fits a service whose cost follows its use.
 */
export type UsageWindow = "billing-month" | "day";

export const DEFAULT_WINDOW: UsageWindow = "billing-month";
