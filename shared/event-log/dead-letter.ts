import { createHash } from "node:crypto";
import { fitsTheLog, messageBytes, type DeadLetter, type LogMessage, type LogPosition } from "./log.js";

const PREFIX = "apportion-dead-letter-";

/** Headers that a dead letter has beside those of the message it was. */
export const DEAD_LETTER_HEADERS = {
  topic: `${PREFIX}topic`,
  partition: `${PREFIX}partition`,
  offset: `${PREFIX}offset`,
  group: `${PREFIX}group`,
  reason: `${PREFIX}reason`,
  /** When it became one, RFC 3339. */
  time: `${PREFIX}time`,
  /** The command that decides about it, where `apportion dead-letters` does not. */
  decidedWith: `${PREFIX}decided-with`,
  /** Only of a reference, which has no body: how long that is, in bytes. */
  bodyBytes: `${PREFIX}body-bytes`,
  /** Only of a reference: SHA-256 of the body, 64 hexadecimal digits. */
  bodySha256: `${PREFIX}body-sha256`,
  /** Only of a reference: which headers it has not, and whether its key is cut. */
  leftOut: `${PREFIX}left-out`,
} as const;

const REASON_CHARACTERS_MAX = 2000;
/** Of a reference: what is kept of the original's headers, and of its key. */
const HEADERS_BYTES_MAX = 16_000;
const KEY_CHARACTERS_MAX = 500;
const LEFT_OUT_CHARACTERS_MAX = 2000;

/**
 * The message as it came, with where it lay, who could not process it and why. Topics take larger messages than are published here,
 * and its own headers come on top: what does not fit is a reference to where the original lies, so that it never keeps a batch from
 * being committed.
 */
export function deadLetterMessage(
  topic: string,
  group: string,
  deadLetter: DeadLetter,
  at: Date,
): LogMessage {
  const { key, value } = deadLetter.message;
  const told = toldOf(group, deadLetter, at);
  const headers = withoutDeadLetterHeaders(deadLetter.message.headers);
  const whole: LogMessage = { topic, key, value, headers: { ...headers, ...told } };
  return fitsTheLog(whole) ? whole : reference(whole, headers, told);
}

function toldOf(
  group: string,
  { message, reason, decidedWith }: DeadLetter,
  at: Date,
): Record<string, string> {
  const { position } = message;
  return {
    [DEAD_LETTER_HEADERS.topic]: position.topic,
    [DEAD_LETTER_HEADERS.partition]: String(position.partition),
    [DEAD_LETTER_HEADERS.offset]: position.offset,
    [DEAD_LETTER_HEADERS.group]: group,
    [DEAD_LETTER_HEADERS.reason]: reason.slice(0, REASON_CHARACTERS_MAX),
    [DEAD_LETTER_HEADERS.time]: at.toISOString(),
    ...(decidedWith !== undefined && { [DEAD_LETTER_HEADERS.decidedWith]: decidedWith }),
  };
}

function reference(
  { topic, key, value }: LogMessage,
  headers: Readonly<Record<string, string>>,
  told: Readonly<Record<string, string>>,
): LogMessage {
  const { kept, dropped } = mostUseful(headers);
  const isKeyCut = key.length > KEY_CHARACTERS_MAX;
  return {
    topic,
    key: cutKey(key),
    value: new Uint8Array(0),
    headers: {
      ...kept,
      ...told,
      [DEAD_LETTER_HEADERS.bodyBytes]: String(value.byteLength),
      [DEAD_LETTER_HEADERS.bodySha256]: sha256(value),
      ...((isKeyCut || dropped.length > 0) && {
        [DEAD_LETTER_HEADERS.leftOut]: leftOutText(isKeyCut, dropped),
      }),
    },
  };
}

function cutKey(key: string): string {
  return key.length > KEY_CHARACTERS_MAX ? `${key.slice(0, KEY_CHARACTERS_MAX)}…` : key;
}

/** What says which event it is comes first, then the others in their order, as far as there is room. */
function mostUseful(headers: Readonly<Record<string, string>>): {
  readonly kept: Record<string, string>;
  readonly dropped: readonly string[];
} {
  const rank = (name: string): number => (/^(ce_|content-)/.test(name) ? 0 : 1);
  const names = Object.keys(headers).sort((a, b) => rank(a) - rank(b));
  const kept: Record<string, string> = {};
  const dropped: string[] = [];
  let bytes = 0;
  for (const name of names) {
    const size = messageBytes({
      key: "",
      headers: { [name]: headers[name] ?? "" },
      value: new Uint8Array(0),
    });
    if (bytes + size > HEADERS_BYTES_MAX) {
      dropped.push(name);
      continue;
    }
    bytes += size;
    kept[name] = headers[name] ?? "";
  }
  return { kept, dropped };
}

function leftOutText(isKeyCut: boolean, dropped: readonly string[]): string {
  const headers =
    dropped.length === 0 ? [] : [`${dropped.length} headers: ${dropped.slice(0, 100).join(", ")}`];
  const parts = [...(isKeyCut ? ["the rest of the key"] : []), ...headers];
  return parts.join("; ").slice(0, LEFT_OUT_CHARACTERS_MAX);
}

/** Where a dead letter's original lies, who gave it up and why, as its headers say. */
export interface DeadLetterFacts {
  /** The same for each time that the same message is given up by the same group: 12 hexadecimal digits. */
  readonly id: string;
  readonly group: string;
  readonly position: LogPosition;
  readonly reason: string;
  /** RFC 3339; empty where it is not known. */
  readonly time: string;
  readonly decidedWith: string | undefined;
  /** Bytes of the original's body. */
  readonly bytes: number;
  /** The body is not here: it is read where the original lies. */
  readonly isReference: boolean;
}

/** Reads a message of a dead-letter topic; undefined when it is none. */
export function deadLetterFacts({ key, headers, value }: LogMessage): DeadLetterFacts | undefined {
  const told = (name: keyof typeof DEAD_LETTER_HEADERS): string | undefined =>
    headers[DEAD_LETTER_HEADERS[name]];
  const [topic, partition, offset, group] = [told("topic"), told("partition"), told("offset"), told("group")];
  if (!topic || !group || !/^\d{1,9}$/.test(partition ?? "") || !/^\d{1,19}$/.test(offset ?? ""))
    return undefined;
  const bodyBytes = told("bodyBytes");
  const bodySha256 = bodyBytes === undefined ? sha256(value) : told("bodySha256");
  // Not only where it lay: a topic that was made again has other messages there, which nobody has decided on.
  const identity = JSON.stringify([group, topic, partition, offset, cutKey(key), bodySha256]);
  return {
    id: sha256(identity).slice(0, 12),
    group,
    position: { topic, partition: Number(partition), offset: offset ?? "" },
    reason: told("reason") ?? "",
    time: told("time") ?? "",
    decidedWith: told("decidedWith"),
    bytes: bodyBytes === undefined ? value.byteLength : Number(bodyBytes),
    isReference: bodyBytes !== undefined,
  };
}

/** A message's own headers. What came back as a dead letter and is one again does not keep those of the first time. */
export function withoutDeadLetterHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(PREFIX)));
}

function sha256(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}
