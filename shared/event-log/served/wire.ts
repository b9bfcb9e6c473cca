import { z } from "zod";
import type { LogMessage, LogPosition, ReceivedMessage } from "../log.js";

/** How messages travel between a process that holds an embedded log and one that asks it: JSON, the value in Base64. */

const position = z.object({ topic: z.string(), partition: z.int(), offset: z.string() });
const group = z.object({ group: z.string(), topics: z.array(z.string()) });
const message = z.object({
  topic: z.string(),
  key: z.string(),
  headers: z.record(z.string(), z.string()),
  value: z.base64(),
});

/** What may be asked, by its name in the address. */
export const QUESTIONS = {
  publish: z.array(message),
  replay: z.object({
    topic: z.string(),
    options: z.object({ partition: z.int().optional(), from: z.string().optional() }),
  }),
  read: position,
  lag: group,
  committed: group,
  ends: z.string(),
} as const;
export type LogQuestion = keyof typeof QUESTIONS;

const received = message.extend({ position });
export type WireMessage = z.infer<typeof message>;
export type WireReceived = z.infer<typeof received>;

/** What comes back. Of `replay` it is a line for each message. */
export const ANSWERS = {
  publish: z.null(),
  replay: received,
  read: received.nullable(),
  lag: z.number(),
  committed: z.array(position),
  ends: z.array(position),
} as const;

/** Largest question in bytes, as it travels: some of the largest messages. */
export const QUESTION_BYTES_MAX = 16 * 1024 * 1024;

export function toWire({ topic, key, headers, value }: LogMessage): WireMessage {
  return { topic, key, headers, value: Buffer.from(value).toString("base64") };
}

export function fromWire({ value, ...rest }: WireMessage): LogMessage {
  return { ...rest, value: Buffer.from(value, "base64") };
}

export function receivedToWire(given: ReceivedMessage): WireReceived {
  return { ...toWire(given), position: given.position };
}

export function receivedFromWire({ position: at, ...rest }: WireReceived): ReceivedMessage {
  return { ...fromWire(rest), position: at satisfies LogPosition };
}
