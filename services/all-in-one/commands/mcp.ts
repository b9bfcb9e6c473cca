import type { Readable, Writable } from "node:stream";
import { serveAssistant } from "@apportion/explorer/assistants/stdio";
import { openSystem } from "../system.js";
import { commandLogger } from "./command-logger.js";
import { type CommandContext, UsageError } from "./context.js";
import { type CommonOptions, findGround, requireData } from "./load.js";

/** Answers an assistant on standard input and output (Model Context Protocol), until it ends its input. Reads only. */
export async function mcp(context: CommandContext, options: CommonOptions): Promise<void> {
  const { stdin } = context;
  if (!stdin) throw new UsageError("mcp: an assistant starts it, and talks to it on standard input");
  const { config, opening } = await findGround(context, options);
  requireData(config, options);
  const system = await openSystem(config, { ...opening, logger: commandLogger(config.logLevel) });
  try {
    const deps = { ...system.platform, clickhouse: await system.platform.clickhouse() };
    await serveAssistant(deps, stdin as Readable, context.stdout as Writable);
  } finally {
    await system.platform.close();
  }
}
