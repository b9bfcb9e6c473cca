/**
 * Record types of AWS's bill, as Cost Explorer's dimension RECORD_TYPE has them:
 * https://docs.aws.amazon.com/cost-management/latest/userguide/ce-advanced.html
 */

/** The use of something, on demand or covered by a commitment. Every other one (credits, refunds, tax, support, fees) is the company's. */
export const USAGE_RECORD_TYPES = ["Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"] as const;

/**
 * What savings plans and reservations cost whether they are used or not. Amortized, what was used of them lies on the usage that they
 * cover, and what is left here is the unused part: a fee that was used up, or a negation, comes to zero.
 */
export const COMMITMENT_RECORD_TYPES = [
  "RIFee",
  "SavingsPlanRecurringFee",
  "SavingsPlanUpfrontFee",
  "SavingsPlanNegation",
] as const;

export function isUsage(recordType: string): boolean {
  return USAGE_RECORD_TYPES.some((type) => type === recordType);
}

export function isCommitment(recordType: string): boolean {
  return COMMITMENT_RECORD_TYPES.some((type) => type === recordType);
}
