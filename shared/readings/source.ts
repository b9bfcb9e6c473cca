import { type Dataset, type Reading, type ReadingKey, readingName } from "@apportion/domain/facts";
import { MoneyError } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import { MisfitError } from "@apportion/events/misfit";
import { foreignMessage } from "@apportion/runtime/foreign-text";
import { printable } from "@apportion/runtime/printable";
import { withoutSecrets } from "@apportion/runtime/secret";

/** One upstream as a collector sees it. */
export interface Source {
  /** `kubecost`, `s3`, `mlflow`: the first half of "source and scope". */
  readonly name: string;
  readonly dataset: Dataset;
  /** What is read as a whole, independently of the others: a cluster, an account, a meter. */
  readonly scopes: readonly string[];
  /** What was found out about the upstream of a scope, for `doctor`: a dialect, a version. @throws ReadingError */
  about?(scope: string, signal: AbortSignal): Promise<string | undefined>;
  /** Whether what failed may be read again before its schedule: each attempt may cost money. Yes where absent. */
  mayReadAgain?(): boolean;
  /**
   * Reads the scope for each of the days, in order, and yields for each day either its complete reading or why there is none.
   * It never throws for what an upstream did: a bad day must not take the good ones with it.
   */
  read(scope: string, days: readonly Day[], signal: AbortSignal): AsyncIterable<Reading | FailedReading>;
}

/** Why a day has no reading. */
export interface FailedReading {
  readonly key: ReadingKey;
  readonly error: ReadingError;
}

export type ReadingErrorCode =
  /** Nothing answered, or with 5xx, 429, a truncated or slow body: reading again can help. */
  | "unavailable"
  /** It answered that we may not, or that our question is wrong (4xx): an operator must mend it. */
  | "rejected"
  /** It answered with something that is not what its documentation says. */
  | "malformed"
  /** The numbers cannot be right: negative, beyond the ceiling, another currency. */
  | "absurd";

/** A reading that does not exist. The message never holds a credential, nor more than a line of the upstream's body. */
export class ReadingError extends Error {
  readonly code: ReadingErrorCode;
  /** What Retry-After asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ReadingErrorCode,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number } = {},
  ) {
    // Names of an upstream stand in it; its longer texts were cut where they entered.
    super(printable(withoutSecrets(message)), options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }

  get retriable(): boolean {
    return this.code === "unavailable";
  }
}

/**
 * Puts source, scope and period before what went wrong. What JavaScript throws at a value that nobody expected is a defect of ours, but an
 * answer called it forth: the answer is refused, and the other scopes are read. Other errors are passed on.
 */
export function failedReading(key: ReadingKey, error: unknown): FailedReading {
  if (error instanceof MisfitError)
    return failedReading(key, new ReadingError("malformed", error.message, { cause: error }));
  if (error instanceof MoneyError)
    return failedReading(key, new ReadingError("absurd", error.message, { cause: error }));
  if (error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError)
    return failedReading(
      key,
      new ReadingError("malformed", `the answer could not be taken in: ${foreignMessage(error)}`, {
        cause: error,
      }),
    );
  if (!(error instanceof ReadingError)) throw error;
  const message = `${readingName(key)}: ${error.message}`;
  return { key, error: new ReadingError(error.code, message, { cause: error }) };
}

export function isFailed(result: object): result is FailedReading {
  return "error" in result;
}
