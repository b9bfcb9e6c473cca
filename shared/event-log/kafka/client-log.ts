import { logLevel, type logCreator } from "kafkajs";
import type { Logger } from "@apportion/runtime/logger";

/** Answers and lost connections that the client retries by itself; when it gives up, the error is thrown too. */
const MENDED_BY_RETRIES = new Set(["Connection", "Runner", "ConsumerGroup", "BrokerPool"]);

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
