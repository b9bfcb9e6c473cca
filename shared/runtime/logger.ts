import { pino } from "pino";

/** Structured logging: fields first, then a sentence. Never put a secret, a mail body or a whole payload into the fields. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: Record<string, unknown>): Logger;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** JSON lines on standard error; standard output belongs to the command's own answer. */
export function createLogger(level: LogLevel): Logger {
  return pino({ level, base: {}, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}

export const silentLogger: Logger = pino({ level: "silent" });
