import { ReadingError } from "@apportion/readings/source";
import { ProxyAgent } from "./agent.js";
import type { AwsConfig } from "./config.js";

/** What every AWS client is made with. */
export function clientSettings(config: AwsConfig) {
  const agent = new ProxyAgent(config.ca);
  return {
    maxAttempts: config.attemptsMax,
    requestHandler: {
      connectionTimeout: config.timeoutMs,
      requestTimeout: config.timeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
    ...(config.credentials && { credentials: credentialsOf(config.credentials) }),
  };
}

function credentialsOf(credentials: NonNullable<AwsConfig["credentials"]>) {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return {
    accessKeyId: accessKeyId.reveal(),
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken && { sessionToken: sessionToken.reveal() }),
  };
}

const CHARACTERS_SHOWN = 300;

interface AwsError {
  readonly name: string;
  readonly message: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: unknown;
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
    const { name, message, $metadata, $response } = error as AwsError;
    const status = $metadata?.httpStatusCode;
    // A message about a wrong signature repeats what was signed.
    const detail =
      name === "SignatureDoesNotMatch" ? "" : `: ${message.replace(/\s+/g, " ").slice(0, CHARACTERS_SHOWN)}`;
    const text = `${what} failed with ${name}${detail}`;
    if (
      status !== undefined &&
      status >= 400 &&
      status < 500 &&
      status !== 429 &&
      !/Throttl|LimitExceeded/.test(name)
    )
      throw new ReadingError("rejected", text, { cause: error });
    if (status === 200 || (status === undefined && $response !== undefined))
      throw new ReadingError("malformed", text, { cause: error });
    throw new ReadingError("unavailable", text, { cause: error });
  }
}
