import type { Admin, Kafka } from "kafkajs";
import type { Logger } from "@apportion/runtime/logger";
import { deletedTopics } from "./topics.js";

/** A topic that is gone is seen twice before it is believed. */
const LOOK_MS = 10_000;
/** Credentials that were changed on the brokers first are wrong for a while. */
const REFUSED_MAX_MS = 60_000;

export class TopicDeletedError extends Error {
  readonly code = "TOPIC_DELETED";
  constructor(topics: readonly string[]) {
    super(
      `Kafka has no topic ${topics.join(", ")} any more: somebody deleted it. The process ends; at its next start the topic is made again, and \`apportion doctor\` says whether what lay in it is missing in the tables`,
    );
  }
}

class CredentialsRefusedError extends Error {
  readonly code = "CREDENTIALS_REFUSED";
  constructor(cause: Error) {
    super(
      `Kafka has refused the credentials of eventLog.sasl for ${REFUSED_MAX_MS / 1000} s: ${cause.message}. The process ends; its next start reads them again`,
      { cause },
    );
  }
}

export interface LogWatch {
  /** From now on these have to exist. */
  expect(topics: Iterable<string>): void;
  /** How something ended that needs to sign in: with an error, or well. */
  note(error: unknown): void;
  close(): Promise<void>;
}

/** Looks for what no retry mends while the process lives: topics that were deleted, and credentials that are refused for good. */
export function watchLog(kafka: Kafka, logger: Logger, onFatal: (error: Error) => void): LogWatch {
  const expected = new Set<string>();
  let suspected: readonly string[] = [];
  let refusedMs: number | undefined;
  let admin: Admin | undefined;
  let looking: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    if (!admin) {
      const connecting = kafka.admin();
      await connecting.connect();
      admin = connecting;
    }
    const gone = await deletedTopics(admin, expected);
    const confirmed = gone.filter((name) => suspected.includes(name));
    if (confirmed.length > 0) onFatal(new TopicDeletedError(confirmed));
    suspected = gone;
  };
  const timer = setInterval(() => {
    if (expected.size === 0) return;
    looking ??= look()
      .catch((error: unknown) =>
        logger.debug({ err: error }, "the topics could not be looked at; they are at the next time"),
      )
      .finally(() => (looking = undefined));
  }, LOOK_MS);
  timer.unref();

  return {
    expect(topics) {
      for (const topic of topics) expected.add(topic);
    },
    note(error) {
      const refusal = refusalIn(error);
      if (!refusal) {
        if (error === undefined) refusedMs = undefined;
        return;
      }
      refusedMs ??= performance.now();
      if (performance.now() - refusedMs > REFUSED_MAX_MS) onFatal(new CredentialsRefusedError(refusal));
    },
    async close() {
      clearInterval(timer);
      await looking;
      await admin?.disconnect();
    },
  };
}

function refusalIn(error: unknown): Error | undefined {
  for (let inner = error; inner instanceof Error; inner = inner.cause)
    if (inner.name === "KafkaJSSASLAuthenticationError") return inner;
  return undefined;
}
