import type { AllocationRules } from "@apportion/books/runs/inputs";
import { type BillingPeriod, daysOf } from "@apportion/domain/period";
import { mergeTraces } from "@apportion/events/trace";
import { activateRules } from "./activate-rules.js";
import { allocateDays, type RunsDeps } from "./allocate-days.js";

/** Puts rules into force, and allocates a month under them whether it is closed or not: its frozen runs stay, beside those of these rules. */
export async function allocateUnder(
  deps: RunsDeps,
  period: BillingPeriod,
  {
    registry,
    policies,
    expectedReadings,
  }: Pick<AllocationRules, "registry" | "policies" | "expectedReadings">,
): Promise<AllocationRules> {
  const { rules } = await activateRules(deps.clickhouse, registry, policies, expectedReadings, deps.clock());
  const request = { period, days: daysOf(period), trace: mergeTraces([]) };
  await allocateDays(deps, rules, request, new AbortController().signal);
  return rules;
}
