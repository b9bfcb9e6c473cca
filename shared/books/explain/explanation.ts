import type { PolicyOfDay } from "@apportion/allocation/policy";
import type { Day } from "@apportion/domain/period";
import type { ExplainedFact } from "./facts-behind.js";
import type { NumberedLine } from "./statement.js";

/** One day of a line: what the share follows, and what was split. */
export interface ExplainedDay {
  readonly day: Day;
  readonly runId: string;
  readonly amount: string;
  /** What the whole pool cost on the day; equal to `amount` for direct cost. Of a limit: on all days of the month. */
  readonly poolCost: string;
  /** `driverQuantity ÷ driverTotal` is the share; both empty for direct cost. Of a limit: what the team paid before it, of what all did. */
  readonly driverQuantity: string;
  readonly driverTotal: string;
  readonly meter: string;
  /** Whose use was counted: that of the billing month, or of the day alone; empty where no usage split the pool. */
  readonly usageWindow: string;
  readonly betweenServices: string;
}

export interface ExplainedSnapshot {
  readonly snapshotId: string;
  readonly reading: string;
  readonly readAt: string;
  /** `topic/partition at offset` of its seal. */
  readonly log: string;
}

export interface LineExplanation {
  readonly line: NumberedLine;
  readonly days: readonly ExplainedDay[];
  /** The policy of the pool on the day that is looked at; absent for direct cost. */
  readonly policy?: PolicyOfDay;
  /** The day whose facts follow: the costliest, or the one that was asked for. */
  readonly day: Day;
  /** Facts of that day behind the line, or behind the pool that it has a share of; the costliest first. */
  readonly facts: readonly ExplainedFact[];
  /** How many facts there are; `facts` has at most 20. */
  readonly factCount: number;
  readonly snapshots: readonly ExplainedSnapshot[];
}
