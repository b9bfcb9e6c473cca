import type { Recommendation } from "@apportion/books/advice/advise";
import type { Gate } from "@apportion/books/ledger/gates";
import type { AdjustmentDraft, Proposal } from "@apportion/books/ledger/adjustment";
import type { BillingPeriod, Day } from "@apportion/domain/period";

/** Who prepared and who approved, as they stand on record. */
export interface TwoPeople {
  readonly preparedBy: string;
  readonly approvedBy: string;
}

/** A close that was tried. */
export interface CloseOutcome {
  /** False when a gate did not pass, and nothing was posted. */
  readonly closed: boolean;
  readonly gates: readonly Gate[];
}

export type AdviceWords =
  | { readonly decision: "accepted"; readonly by: string; readonly reason?: string }
  | { readonly decision: "dismissed"; readonly by: string; readonly reason: string; readonly until?: Day };

/**
 * What people decide, done by the services that own it, as the command line does it. Each begins on whole tables and tells the log of what it left.
 * A mistake of whoever asks is an error with the code `USAGE`, whose message may name a flag.
 */
export interface Acts {
  /** The same of a record of the explorer's own. */
  onRecord<T>(act: () => Promise<T>): Promise<T>;
  /**
   * Closing twice, at the same time or after an interruption leaves one set of postings.
   * @throws what `requireWanted` throws, which is asked once all of it is computed and nothing is posted
   */
  close(
    request: TwoPeople & {
      readonly month: BillingPeriod;
      readonly overrideReason: string;
      readonly requireWanted: () => Promise<void>;
    },
    onProgress: (done: number, total: number) => void,
  ): Promise<CloseOutcome>;
  decideReading(
    decision: TwoPeople & {
      readonly id: string;
      readonly decision: "release" | "drop";
      readonly reason: string;
    },
  ): Promise<void>;
  /** Puts a draft on record, which moves nothing until somebody else approves it. */
  proposeAdjustment(proposal: Proposal): Promise<AdjustmentDraft>;
  approveAdjustment(id: string, approvedBy: string): Promise<void>;
  withdrawAdjustment(id: string, by: string): Promise<void>;
  /** Of a closed month that was proposed to be decided again. */
  withdrawDecision(id: string, by: string): Promise<void>;
  /** @param isTheirs whether whoever decides may decide about it; what is not theirs is as if it were not there */
  decideAdvice(
    id: string,
    decision: AdviceWords,
    isTheirs: (recommendation: Recommendation) => boolean,
  ): Promise<void>;
}
