import { foreignText } from "./foreign-text.js";

/** Why something cannot be reached, said already by somebody who knows its errors. */
export class TroubleError extends Error {}

/** What the network says, by the code of Node.js. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was closed from the other side",
  EPIPE: "the connection was closed from the other side",
  ENOTFOUND: "the name is not known",
  EAI_AGAIN: "the name cannot be looked up at present",
  EHOSTUNREACH: "there is no way to the host",
  ENETUNREACH: "there is no way to the network",
  ETIMEDOUT: "no answer",
};

/** Why something did not answer, in a few words: by the code that is nearest to the cause, else the innermost message. */
export function troubleInWords(error: unknown): string {
  let words = "no reason given";
  for (let inner: unknown = error; inner instanceof Error; inner = causeOf(inner)) {
    if (inner instanceof TroubleError) return foreignText(inner.message);
    const known = WORDS[(inner as NodeJS.ErrnoException).code ?? ""] ?? wordsIn(inner.message);
    if (known !== undefined) return known;
    if (inner.message !== "") words = inner.message;
  }
  return foreignText(words);
}

/** Of several addresses of one name that all failed (an AggregateError), the first says it. */
function causeOf(error: Error): unknown {
  return error.cause ?? (error instanceof AggregateError ? error.errors[0] : undefined);
}

/** Clients that wrap an error keep its code in their text only. */
function wordsIn(message: string): string | undefined {
  if (message === "socket hang up") return WORDS["ECONNRESET"];
  return Object.entries(WORDS).find(([code]) => message.includes(code))?.[1];
}
