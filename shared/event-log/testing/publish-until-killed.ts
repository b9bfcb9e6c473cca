import { silentLogger } from "@apportion/runtime/logger";
import { openEmbeddedLog } from "../embedded/log.js";

/** Started by a test as a process of its own: publishes numbers, and prints each one once it is durable, until it is killed. */
const [dir = "", topic = ""] = process.argv.slice(2);
const log = openEmbeddedLog({ dir, logger: silentLogger });
await log.ensureTopics([{ name: topic, partitions: 1, cleanup: "delete" }]);
for (let number = 0; ; number++) {
  await log.publish([{ topic, key: "k", headers: {}, value: Buffer.from(String(number)) }]);
  process.stdout.write(`${number}\n`);
}
