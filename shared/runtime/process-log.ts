import { format } from "node:util";
import type { Logger } from "./logger.js";

/**
 * Has everything that would be written to standard error past the logger go through it: Node.js's warnings, what libraries write
 * to the console, and an exception that nobody caught, which ends the process with exit code 1.
 */
export function logWholeProcess(logger: Logger): void {
  process.removeAllListeners("warning");
  process.on("warning", (warning) => logger.warn({ err: warning }, `Node.js warns: ${warning.message}`));
  // An unhandled rejection arrives here too.
  process.on("uncaughtException", (error, origin) => {
    logger.error({ err: error, origin }, `the process cannot go on: ${messageOf(error)}`);
    process.exit(1);
  });
  const via =
    (level: "debug" | "info" | "warn" | "error") =>
    (...words: unknown[]): void =>
      logger[level]({ from: "console" }, format(...words));
  Object.assign(globalThis.console, {
    debug: via("debug"),
    log: via("info"),
    info: via("info"),
    warn: via("warn"),
    error: via("error"),
  });
}

/** Anything can be thrown. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
