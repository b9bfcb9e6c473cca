/**
 * Record types of AWS's bill, as Cost Explorer's dimension RECORD_TYPE has them:
 * https://docs.aws.amazon.com/cost-management/latest/userguide/ce-advanced.html
 */

/** The use of something, on demand or covered by a commitment. Every other one (credits, refunds, tax, support, fees) is the company's. */
export const USAGE_RECORD_TYPES = ["Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"] as const;

export function isUsage(recordType: string): boolean {
  return USAGE_RECORD_TYPES.some((type) => type === recordType);
}
