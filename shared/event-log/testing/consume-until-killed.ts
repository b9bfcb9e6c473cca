import { createLogger } from "@apportion/runtime/logger";
import { openKafkaLog } from "../kafka/log.js";

/**
 * Started by a test as a process of its own: consumes a topic and prints each message that it has handled, until it is killed. A
 * batch stays in hand for a second, so that a test can stop the process in the middle of one; it prints `taken` before.
 */
const HANDLING_MS = 1_000;
const [broker = "", prefix = "", topic = ""] = process.argv.slice(2);
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const log = openKafkaLog(
  { kind: "kafka", brokers: [broker], prefix, clientId: "test", tls: false },
  createLogger("warn"),
  (error) => {
    say(`fatal: ${error.message}`);
    process.exit(1);
  },
);
await log.ensureTopics([
  { name: topic, partitions: 1, cleanup: "delete" },
  { name: `${topic}-dead`, partitions: 1, cleanup: "delete" },
]);
await log.subscribe({
  group: "group",
  topics: [topic],
  deadLetterTopic: `${topic}-dead`,
  batchMessagesMax: 10,
  batchBytesMax: 1_000_000,
  handle: async (batch) => {
    say("taken");
    await new Promise((resolve) => setTimeout(resolve, HANDLING_MS));
    for (const { value } of batch) say(`handled ${Buffer.from(value).toString()}`);
    return [];
  },
});
say("subscribed");
