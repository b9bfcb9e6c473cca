import pc from "picocolors";
import type { RunningProcess } from "@apportion/platform/beside/beside";
import { printable } from "@apportion/runtime/printable";
import { withoutSecrets } from "@apportion/runtime/secret";
import type { AnyCollector } from "../collectors.js";

export const DEFAULT_DATA_FOLDER = "apportion-data";

/** What commands know of the process they run in; only `main.ts` reads it. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** Absent where nobody is there to be listened to. */
  readonly stdin?: NodeJS.ReadableStream;
  readonly now: () => Date;
  /** Filled with the process beside which the command works, once that is found: for what is said when it ends meanwhile. */
  readonly beside?: { running?: RunningProcess };
  /** The sources that there are, where they are not the usual ones. */
  readonly collectors?: readonly AnyCollector[];
}

/** A mistake in how a command was called: exit code 2. */
export class UsageError extends Error {
  readonly code = "USAGE";
}

export function print(context: CommandContext, text: string): void {
  context.stdout.write(`${terminalText(text)}\n`);
}

/** Says what is going on without getting into the answer, which goes to standard output. */
export function say(context: CommandContext, text: string): void {
  context.stderr.write(`${terminalText(withoutSecrets(text))}\n`);
}

export function printJson(context: CommandContext, value: unknown): void {
  print(context, JSON.stringify(value, null, 2)); // what is escaped of it means the same in JSON
}

/** Line breaks, tabulators, and what we colour with; not what hides text or blinks. */
const ESCAPE = "\u001b";
const OURS = new RegExp(`(\n|\t|${ESCAPE}\\[(?:[0-479]|[2-4]\\d|9\\d|10[0-7])m)`);

/** Names come from upstreams, and may not move the cursor, set a title or turn the direction of a line: such characters are shown as `\u001b`. */
export function terminalText(text: string): string {
  return text
    .split(OURS)
    .map((part, index) => (index % 2 === 1 ? part : printable(part)))
    .join("");
}

/** Checks an option's value. @throws UsageError naming the flag, what was given and what is expected. */
export function parseFlag<T>(flag: string, value: string, parse: (text: string) => T): T {
  try {
    return parse(value);
  } catch (error) {
    throw new UsageError(`${flag}: ${(error as Error).message}`);
  }
}

/** One line that is written over while work goes on; on a log or a pipe, a line only when something is complete. */
export function progressLine(context: CommandContext): {
  update(text: string, complete: boolean): void;
  end(): void;
} {
  const live = context.stderr.isTTY === true;
  let open = false;
  return {
    update(text, complete) {
      if (live) {
        const shown = terminalText(text).slice(0, (context.stderr.columns ?? 100) - 1);
        context.stderr.write(`\r\u001b[2K${pc.dim(shown)}`);
        open = true;
      } else if (complete) say(context, text);
    },
    end() {
      if (open) context.stderr.write("\r\u001b[2K");
      open = false;
    },
  };
}

/** `1 team`, `2 teams` */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

export function bar(ratio: number, width: number): string {
  const filled = Math.max(0, Math.min(width, Math.round(ratio * width)));
  return "█".repeat(filled) + "░".repeat(width - filled);
}
