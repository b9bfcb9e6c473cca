import type { Readable } from "node:stream";
import type { z } from "zod";
import { firstBatch, refuseTooLarge, type EventLog, type LogMessage, type ReceivedMessage } from "../log.js";
import {
  ANSWERS,
  QUESTION_BYTES_MAX,
  type QUESTIONS,
  receivedFromWire,
  toWire,
  type LogQuestion,
} from "./wire.js";

/** Asks the process that holds the log; rejects with what to do where that does not answer. */
export type AskLog = (name: LogQuestion, asked: unknown) => Promise<Readable>;

/** Base64 makes four characters of three bytes; the names of the fields take their part too. */
const BATCH_LIMITS = { messagesMax: 1_000, bytesMax: QUESTION_BYTES_MAX / 2 };

/**
 * The embedded log of another process, which answers with `serve-log.ts`. Who works beside it publishes, reads and looks how far the
 * groups are; to consume is left to the services of that process.
 */
export function remoteLog(ask: AskLog): EventLog {
  const answer = async <Name extends Exclude<LogQuestion, "replay">>(
    name: Name,
    asked: z.input<(typeof QUESTIONS)[Name]>,
  ): Promise<z.output<(typeof ANSWERS)[Name]>> => {
    const chunks: Buffer[] = [];
    for await (const chunk of await ask(name, asked)) chunks.push(chunk as Buffer);
    return ANSWERS[name].parse(JSON.parse(Buffer.concat(chunks).toString("utf8"))) as z.output<
      (typeof ANSWERS)[Name]
    >;
  };
  return {
    async publish(messages) {
      for (const message of messages) refuseTooLarge(message);
      let rest: readonly LogMessage[] = messages;
      while (rest.length > 0) {
        const batch = firstBatch(rest, BATCH_LIMITS);
        await answer("publish", batch.map(toWire));
        rest = rest.slice(batch.length);
      }
    },
    subscribe: () => Promise.reject(new Error("The process that holds the log consumes it, nobody else")),
    async *replay(topic, options = {}): AsyncGenerator<ReceivedMessage> {
      for await (const line of linesOf(await ask("replay", { topic, options })))
        yield receivedFromWire(ANSWERS.replay.parse(JSON.parse(line)));
    },
    async read(position) {
      const found = await answer("read", position);
      return found ? receivedFromWire(found) : undefined;
    },
    subscriptions: () => [],
    lag: (group, topics) => answer("lag", { group, topics: [...topics] }),
    committed: (group, topics) => answer("committed", { group, topics: [...topics] }),
    ends: (topic) => answer("ends", topic),
    // Whoever holds it has made them at its start.
    ensureTopics: async () => undefined,
    inspectTopics: async () => [],
    async ping() {
      await answer("lag", { group: "", topics: [] });
    },
    close: async () => undefined,
  };
}

/** Not `node:readline`, which takes characters within texts for ends of lines and does not tell of a stream that breaks off. */
async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let begun: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      yield Buffer.concat([...begun, chunk.subarray(from, end)]).toString("utf8");
      begun = [];
      from = end + 1;
    }
    if (from < chunk.length) begun.push(chunk.subarray(from));
  }
}

const NEWLINE = 10;
