import { createLogger, type Logger, type LogLevel } from "@apportion/runtime/logger";

/** For commands that answer and end: what goes as it should is told by the answer. `debug` shows everything. */
export function commandLogger(level: LogLevel): Logger {
  return createLogger(level === "info" ? "warn" : level);
}
