import { createRequire } from "node:module";
import { pino } from "pino";
import type { PinoPretty } from "pino-pretty";
import { printable } from "./printable.js";
import { withoutSecrets } from "./secret.js";

/** Structured logging: fields first, then a sentence. Never put a secret, a mail body or a whole payload into the fields. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: Record<string, unknown>): Logger;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

interface LoggerOptions {
  /** On every line: which service, process and version said it. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** For people, in a terminal. */
  readonly pretty?: boolean;
}

/** JSON lines on standard error; standard output belongs to the command's own answer. Each is written before the call returns. */
export function createLogger(level: LogLevel, { fields = {}, pretty = false }: LoggerOptions = {}): Logger {
  const options = {
    level,
    base: {},
    // Not as the base: a line that names a service of its own would have the field twice.
    mixin: () => ({ ...fields }),
    timestamp: pino.stdTimeFunctions.isoTime,
    hooks: { streamWrite: (line: string) => shownLine(line, pretty) },
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const terminal = { destination: 2, sync: true, ignore: "process,version", translateTime: "HH:MM:ss" };
  return pino(options, pretty ? loadPretty()(terminal) : pino.destination({ dest: 2, sync: true }));
}

/** Only where it is asked for: commands that answer and end do without. */
function loadPretty(): typeof PinoPretty {
  return (createRequire(import.meta.url)("pino-pretty") as { PinoPretty: typeof PinoPretty }).PinoPretty;
}

export const silentLogger: Logger = pino({ level: "silent" });

/**
 * The last fence before a log: errors of libraries repeat what upstreams said, with their causes and stacks. JSON has escaped most control
 * characters already; the terminal's printer would undo that, so there the escapes themselves are escaped.
 */
function shownLine(line: string, pretty: boolean): string {
  const shown = `${printable(withoutSecrets(line.trimEnd()))}\n`;
  return pretty ? shown.replace(/(?<=(?:^|[^\\])(?:\\\\)*)\\(?=u[0-9a-f]{4})/g, "\\\\") : shown;
}
