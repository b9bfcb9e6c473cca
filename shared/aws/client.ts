import { StandardRetryStrategy } from "@smithy/core/retry";
import { foreignText } from "@apportion/runtime/foreign-text";
import { ReadingError } from "@apportion/readings/source";
import { ProxyAgent } from "./agent.js";
import type { AwsConfig } from "./config.js";
import { AnswerTooLargeError, LimitedHttpHandler } from "./http-handler.js";

/** What every AWS client is made with. */
export function clientSettings(config: AwsConfig) {
  const agent = new ProxyAgent(config.ca);
  return {
    maxAttempts: config.attemptsMax,
    retryStrategy: new RetriesCutOffAnswers(config.attemptsMax),
    requestHandler: new LimitedHttpHandler(config, agent),
    ...(config.credentials && { credentials: credentialsOf(config.credentials) }),
  };
}

/** As the SDK does by default, and after half an answer too: the same question may well be answered whole the next time. */
class RetriesCutOffAnswers extends StandardRetryStrategy {
  override refreshRetryTokenForRetry(
    ...[token, failed]: Parameters<StandardRetryStrategy["refreshRetryTokenForRetry"]>
  ): ReturnType<StandardRetryStrategy["refreshRetryTokenForRetry"]> {
    const cutOff = failed.error?.$metadata?.httpStatusCode === 200;
    return super.refreshRetryTokenForRetry(token, cutOff ? { ...failed, errorType: "TRANSIENT" } : failed);
  }
}

function credentialsOf(credentials: NonNullable<AwsConfig["credentials"]>) {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return {
    accessKeyId: accessKeyId.reveal(),
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken && { sessionToken: sessionToken.reveal() }),
  };
}

interface AwsError {
  readonly name: string;
  readonly message: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** An error of the AWS SDK as one that a reading can have. The SDK itself has tried again where that can help. */
export async function asReadingError<T>(
  what: string,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ReadingError) throw error;
    if (error instanceof AnswerTooLargeError)
      throw new ReadingError("malformed", `${what} failed: ${error.message}`, { cause: error });
    const { name, message, $metadata } = error as AwsError;
    const status = $metadata?.httpStatusCode;
    // It could not be read; what the SDK says then is for who debugs it.
    if (status === 200)
      throw new ReadingError("unavailable", `${what} was not answered whole (${foreignText(name)})`, {
        cause: error,
      });
    // A message about a wrong signature repeats what was signed.
    const detail = name === "SignatureDoesNotMatch" ? "" : `: ${foreignText(message)}`;
    const text = `${what} failed with ${foreignText(name)}${detail}`;
    if (
      status !== undefined &&
      status >= 400 &&
      status < 500 &&
      status !== 429 &&
      !/Throttl|LimitExceeded/.test(name)
    )
      throw new ReadingError("rejected", text, { cause: error });
    throw new ReadingError("unavailable", text, { cause: error });
  }
}
