import { Kafka, type Admin, type KafkaConfig as ClientConfig } from "kafkajs";
import { TroubleError, troubleInWords } from "@apportion/runtime/trouble";

/** A request that needs longer than this is not answered; a connection that does, neither. */
const CONNECTION_MAX_MS = 2_000;
const ANSWER_MAX_MS = 2_500;
/** Each bootstrap broker has its turn, up to so many. */
const RETRIES_MAX = 5;

/**
 * Asks the cluster with a client of its own that gives up within seconds: the retries that mend a broker's restart would be a minute
 * of silence where nobody is there. Give it short questions only.
 *
 * @throws TroubleError; the client's error is the cause
 */
export async function askBriefly<T>(config: ClientConfig, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const brokers = Array.isArray(config.brokers) ? config.brokers.length : 1;
  const admin = new Kafka({
    ...config,
    connectionTimeout: CONNECTION_MAX_MS,
    requestTimeout: ANSWER_MAX_MS,
    authenticationTimeout: ANSWER_MAX_MS,
    retry: { initialRetryTime: 100, maxRetryTime: 200, retries: Math.min(brokers, RETRIES_MAX) },
  }).admin();
  try {
    await admin.connect();
    return await ask(admin);
  } catch (error) {
    throw new TroubleError(words(error), { cause: error });
  } finally {
    await admin.disconnect().catch(() => undefined); // it was never connected
  }
}

/** kafkajs tells its errors apart by their names; the one that it wrapped last says most. */
function words(error: unknown): string {
  let innermost = error as Error;
  for (let inner: unknown = error; inner instanceof Error; inner = inner.cause) {
    if (inner.name === "KafkaJSSASLAuthenticationError")
      return `the credentials were refused (${inner.message}): check eventLog.sasl`;
    innermost = inner;
  }
  // What kafkajs says when it tries again on a connection on which nobody answered is "Broker not connected".
  if (innermost.name === "KafkaJSRequestTimeoutError" || innermost.message === "Broker not connected")
    return "it takes the connection, but does not answer";
  return troubleInWords(error);
}
