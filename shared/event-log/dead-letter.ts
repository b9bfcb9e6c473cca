import type { DeadLetter, LogMessage } from "./log.js";

/** Headers that a dead letter has beside those of the message it was. */
export const DEAD_LETTER_HEADERS = {
  topic: "apportion-dead-letter-topic",
  partition: "apportion-dead-letter-partition",
  offset: "apportion-dead-letter-offset",
  group: "apportion-dead-letter-group",
  reason: "apportion-dead-letter-reason",
} as const;

const REASON_CHARACTERS_MAX = 2000;

/** The message as it came, with where it lay, who could not process it and why. */
export function deadLetterMessage(topic: string, group: string, { message, reason }: DeadLetter): LogMessage {
  const { position, key, headers, value } = message;
  return {
    topic,
    key,
    value,
    headers: {
      ...headers,
      [DEAD_LETTER_HEADERS.topic]: position.topic,
      [DEAD_LETTER_HEADERS.partition]: String(position.partition),
      [DEAD_LETTER_HEADERS.offset]: position.offset,
      [DEAD_LETTER_HEADERS.group]: group,
      [DEAD_LETTER_HEADERS.reason]: reason.slice(0, REASON_CHARACTERS_MAX),
    },
  };
}
