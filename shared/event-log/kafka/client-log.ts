import { logLevel, type logCreator } from "kafkajs";
import type { Logger } from "@apportion/runtime/logger";

/** Answers and lost connections that are retried, and consumers that are replaced: what gives up has its error thrown, or logged, by us. */
const MENDED_BY_RETRIES = new Set(["Connection", "Consumer", "Runner", "ConsumerGroup", "BrokerPool"]);

/** How kafkajs begins to say that what a group was to read next is not in its partition; it goes on at the start by itself. */
const RESET = "Offset out of range, resetting";

/** Sends what kafkajs says to our logger, a level lower where its own retries mend it. */
export function kafkaLogCreator(logger: Logger): logCreator {
  return () =>
    ({ namespace, level, log: { message, timestamp: _timestamp, logger: _logger, ...details } }) => {
      const mended = MENDED_BY_RETRIES.has(namespace);
      const text = `kafka ${namespace}: ${message}`;
      if (message.startsWith(RESET)) {
        const { groupId: group, topic, partition } = details;
        logger.error(
          { group, topic, partition },
          "Kafka no longer has what the group was to read next: retention deleted it before it was read, or brokers lost what they had acknowledged. All that is left is read from the start again, which changes nothing where it is known. Run `apportion doctor`: it names what is missing in the tables",
        );
        return;
      }
      if (level === logLevel.ERROR && !mended) logger.warn(details, text);
      else logger.debug(details, text);
    };
}
