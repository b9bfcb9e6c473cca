import pc from "picocolors";
import { printable, requirePrintable } from "@apportion/runtime/printable";
import { inflate, openChunk, rowsOfChunk } from "@apportion/events/chunk";
import type { EventLog, LogMessage } from "@apportion/event-log/log";
import { drop, republish, type Decided, type Decider } from "../dead-letters/decide.js";
import {
  positionText,
  readDeadLetters,
  readOriginal,
  type DeadLetterEntry,
} from "../dead-letters/dead-letters.js";
import { counted, print, printJson, say, UsageError, type CommandContext } from "./context.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";

const BODY_SHOWN_BYTES_MAX = 2_000;
const HEADER_SHOWN_CHARACTERS_MAX = 2_000;

/** Messages that no service could handle and nobody has decided on; with `--all` the others too. */
export async function deadLettersList(
  context: CommandContext,
  options: CommonOptions & { readonly all?: boolean },
): Promise<void> {
  await withLog(context, options, async (log) => {
    const { entries, unknown } = await readDeadLetters(log);
    const shown = options.all ? entries : entries.filter(({ state }) => state === "open");
    if (options.json) return printJson(context, shown);
    for (const entry of shown) print(context, describe(entry, options.all === true));
    if (shown.length === 0)
      print(context, options.all ? "There was never a dead letter." : "There is no open dead letter.");
    else print(context, pc.dim("apportion dead-letters show ID says more; republish or drop decides."));
    const held = entries.filter(({ state }) => state === "quarantine").length;
    if (held > 0 && !options.all)
      print(context, `${held} more of readings in quarantine: \`apportion quarantine list\` has them.`);
    if (unknown > 0)
      print(context, `${counted(unknown, "message")} of the topic this program does not know.`);
  });
}

/** All that is known of one, with its headers and the beginning of its body. */
export async function deadLettersShow(
  context: CommandContext,
  id: string,
  options: CommonOptions,
): Promise<void> {
  await withLog(context, options, async (log) => {
    const { entries } = await readDeadLetters(log);
    const [entry] = pick(entries, [id]);
    if (!entry) return;
    const original = await readOriginal(log, entry);
    const headers = original.kind === "found" ? original.message.headers : {};
    const body = original.kind === "found" ? await beginningOf(original.message) : "";
    const missing = original.kind === "found" ? undefined : original.why;
    if (options.json) return printJson(context, { ...entry, headers, body, missing });
    print(context, describe(entry, true));
    if (entry.times > 1) print(context, `  given up ${entry.times} times`);
    if (entry.isReference)
      print(
        context,
        `  too large for a dead letter: the original is read from ${printable(positionText(entry.position))}`,
      );
    if (missing !== undefined) print(context, `  ${printable(missing)}`);
    for (const [name, text] of Object.entries(headers))
      print(
        context,
        `  ${printable(name).padEnd(20)} ${printable(text.slice(0, HEADER_SHOWN_CHARACTERS_MAX))}`,
      );
    if (body !== "") print(context, `\n${printable(body)}`);
  });
}

export interface DecideOptions extends CommonOptions {
  readonly by: string;
  readonly reason: string;
  readonly all?: boolean;
}

/** False when one could not be published again. */
export async function deadLettersDecide(
  context: CommandContext,
  decision: "republish" | "drop",
  ids: readonly string[],
  options: DecideOptions,
): Promise<boolean> {
  const decider: Decider = { by: options.by.trim(), reason: options.reason.trim(), at: context.now() };
  if (decider.by === "" || decider.reason === "")
    throw new UsageError("--by and --reason must say who decides and why: it is what somebody reads later");
  requirePrintable({ "--by": decider.by, "--reason": decider.reason });
  if (ids.length === 0 && !options.all)
    throw new UsageError(
      `Which? Name them as \`apportion dead-letters list\` does${decision === "drop" ? "" : ", or all that are open with --all"}`,
    );
  if (ids.length > 0 && options.all) throw new UsageError("Name dead letters or give --all, not both");
  return withLog(context, options, async (log) => {
    const done = await decideAll(log, decision, { ids, decider });
    if (options.json) printJson(context, done);
    else report(context, decision, done);
    return done.every(({ failure }) => failure === undefined);
  });
}

async function decideAll(
  log: EventLog,
  decision: "republish" | "drop",
  { ids, decider }: { readonly ids: readonly string[]; readonly decider: Decider },
): Promise<Decided[]> {
  const { entries } = await readDeadLetters(log);
  const chosen = ids.length === 0 ? entries.filter(({ state }) => state === "open") : pick(entries, ids);
  for (const { id, decided } of chosen)
    if (decided)
      throw new UsageError(
        `${id} was decided on already: ${decided.decision}, by ${printable(decided.decidedBy)} at ${decided.decidedAt}. What fails again is listed under an id of its own`,
      );
  return decision === "drop" ? drop(log, chosen, decider) : republish(log, chosen, decider);
}

function report(context: CommandContext, decision: "republish" | "drop", done: readonly Decided[]): void {
  if (done.length === 0) print(context, "There is no open dead letter.");
  for (const { id, failure } of done) {
    if (failure === undefined) print(context, `${id} ${decision === "drop" ? "dropped" : "published again"}`);
    else say(context, `${id} cannot be published again: ${printable(failure)}`);
  }
  if (decision === "republish" && done.some(({ failure }) => failure === undefined))
    print(context, pc.dim("What fails once more is in `apportion dead-letters list`, under another id."));
}

/** @throws UsageError naming the one that is not there */
function pick(entries: readonly DeadLetterEntry[], ids: readonly string[]): DeadLetterEntry[] {
  return [...new Set(ids)].map((id) => {
    const entry = entries.find((each) => each.id === id);
    if (!entry)
      throw new UsageError(`There is no dead letter "${id}"; see \`apportion dead-letters list --all\``);
    return entry;
  });
}

function describe(entry: DeadLetterEntry, withState: boolean): string {
  const { id, time, position, group, type, key, bytes, reason } = entry;
  const what = [
    time || "-",
    positionText(position),
    group,
    type || "no event",
    `key ${key || "-"}`,
    `${bytes.toLocaleString("en-US")} bytes`,
  ];
  return [
    `${pc.bold(id)}  ${printable(what.join("  "))}`,
    `  ${printable(reason)}`,
    ...(withState ? [pc.dim(`  ${printable(stateText(entry))}`)] : []),
  ].join("\n");
}

function stateText({ state, decided, decidedWith }: DeadLetterEntry): string {
  if (decided) return `${state} by ${decided.decidedBy} at ${decided.decidedAt}: ${decided.reason}`;
  return state === "open" ? "waits for a decision" : `\`${decidedWith}\` decides`;
}

/** The first bytes of the body as text, inflated where it is gzipped; of a chunk of columns its rows. */
async function beginningOf({ headers, value }: LogMessage): Promise<string> {
  const bytes = (await rowsAsText(headers, value)) ?? (await inflated(headers, value));
  const text = Buffer.from(bytes.subarray(0, BODY_SHOWN_BYTES_MAX)).toString();
  return bytes.byteLength > BODY_SHOWN_BYTES_MAX ? `${text}…` : text;
}

/** Nothing where it is no such chunk, or one whose rows only look as if they could be read: its bytes are shown instead. */
async function rowsAsText(headers: LogMessage["headers"], value: Uint8Array): Promise<Buffer | undefined> {
  const chunk = await openChunk(headers, value);
  if (!chunk.ok || chunk.data.format !== "ArrowStream") return undefined;
  const rows = await rowsOfChunk(chunk.data).catch(() => undefined);
  return rows && Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}

async function inflated(headers: LogMessage["headers"], value: Uint8Array): Promise<Uint8Array> {
  const result = headers["content-encoding"] === "gzip" ? await inflate(value) : undefined;
  return result?.ok ? result.data : value;
}

/** Dead letters are in the log alone: the embedded engine is not started for them. */
function withLog<T>(
  context: CommandContext,
  options: CommonOptions,
  use: (log: EventLog) => Promise<T>,
): Promise<T> {
  return withPlatform(context, options, ({ log }) => use(log), "log");
}
