import { silentLogger } from "@apportion/runtime/logger";
import { startEmbeddedClickHouse } from "../embedded/supervisor.js";

/** Started by a test as a process of its own: starts an engine, prints the engine's process id, and waits to be killed. */
const [dataDir = ""] = process.argv.slice(2);
const engine = await startEmbeddedClickHouse({ dataDir, logger: silentLogger });
process.stdout.write(`${engine.pid}\n`);
