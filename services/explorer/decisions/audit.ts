import type { Logger } from "@apportion/runtime/logger";
import type { Identity } from "../server/identity.js";
import { NotFoundError, RefusedError } from "../server/problem.js";
import { nameOnRecord } from "./rights.js";

/** What somebody wanted to decide, as far as it is known. */
interface Wanted {
  readonly act?: string;
  readonly about?: string;
  /** Of what was prepared. */
  readonly id?: string;
}

/**
 * Does it, and leaves in the log who wanted what and what came of it: also where it was refused, or failed.
 * @param decide is given what notes more of what was wanted, once that is known
 */
export async function audited<T extends object>(
  logger: Logger,
  identity: Identity,
  wanted: Wanted,
  decide: (note: (more: Wanted) => void) => Promise<T>,
): Promise<T> {
  let fields = {
    audit: "decision",
    subject: identity.subject,
    name: nameOnRecord(identity),
    by: identity.by,
    ...wanted,
  };
  try {
    const answer = await decide((more) => (fields = { ...fields, ...more }));
    logger.info({ ...fields, outcome: "state" in answer ? answer.state : "prepared" }, "somebody decided");
    return answer;
  } catch (error) {
    const isRefused = error instanceof RefusedError || error instanceof NotFoundError;
    const outcome = isRefused
      ? { outcome: "refused", why: error.message }
      : { outcome: "failed", err: error };
    logger.warn({ ...fields, ...outcome }, "a decision was not taken");
    throw error;
  }
}
