import { logLevel, type logCreator } from "kafkajs";
import type { Logger } from "@apportion/runtime/logger";

/** Answers and lost connections that are retried, and consumers that are replaced: what gives up has its error thrown, or logged, by us. */
const MENDED_BY_RETRIES = new Set(["Connection", "Consumer", "Runner", "ConsumerGroup", "BrokerPool"]);

/** Sends what kafkajs says to our logger, a level lower where its own retries mend it. */
export function kafkaLogCreator(logger: Logger): logCreator {
  return () =>
    ({ namespace, level, log: { message, timestamp: _timestamp, logger: _logger, ...details } }) => {
      const mended = MENDED_BY_RETRIES.has(namespace);
      const text = `kafka ${namespace}: ${message}`;
      if (level === logLevel.ERROR && !mended) logger.warn(details, text);
      else logger.debug(details, text);
    };
}
