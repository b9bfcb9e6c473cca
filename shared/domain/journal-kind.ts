/**
 * What a journal is. A statement closes a month; a correction is what its sources said later, a decision what two people decided about its owners and
 * policies later, an adjustment an amount that two people moved.
 */
export const JOURNAL_KINDS = ["statement", "correction", "decision", "adjustment"] as const;
export type JournalKind = (typeof JOURNAL_KINDS)[number];
