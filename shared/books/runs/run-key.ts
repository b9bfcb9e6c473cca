import type { BillingPeriod, Day } from "@apportion/domain/period";

/** Under which the lines of a run lie. */
export interface RunKey {
  readonly billingPeriod: BillingPeriod;
  readonly day: Day;
  readonly runId: string;
}
