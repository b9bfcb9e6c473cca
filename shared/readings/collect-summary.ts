import type { FailedReading } from "./source.js";

/** What came of a collection. */
export interface CollectSummary {
  readonly published: number;
  readonly unchanged: number;
  /** Days that were not read, because their last reading was final. */
  readonly skipped: number;
  /** Days without a reading, each with its reason. */
  readonly failures: readonly FailedReading[];
  /** What is to be known of readings that were made. */
  readonly remarks: readonly string[];
}

/** Of collectors or scopes together. */
export function addSummaries(summaries: readonly CollectSummary[]): CollectSummary {
  return summaries.reduce(
    (sum, { published, unchanged, skipped, failures, remarks }) => ({
      published: sum.published + published,
      unchanged: sum.unchanged + unchanged,
      skipped: sum.skipped + skipped,
      failures: [...sum.failures, ...failures],
      remarks: [...sum.remarks, ...remarks],
    }),
    { published: 0, unchanged: 0, skipped: 0, failures: [], remarks: [] },
  );
}
