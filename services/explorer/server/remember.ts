import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import { booksVersion } from "@apportion/books/version";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { sha256 } from "@apportion/domain/hash";
import type { BillingPeriod } from "@apportion/domain/period";
import type { Identity } from "./identity.js";
import { type ReadOfMonth, type RememberedOfMonth, rememberedOfMonth } from "./of-month.js";
import { TooSlowError } from "./problem.js";

/** Answers that are remembered, and how much of them: of pages that several people look at. */
const ANSWERS_MAX = 500;
const CHARACTERS_MAX = 64 * 1024 * 1024;

/** What an answer depends on beside what is asked, and who asks. */
export interface About {
  /** Last month that is asked about: days after it do not count. Undefined: all do. */
  readonly until?: BillingPeriod | undefined;
  /** Today, where answers change with the day also when nothing new is in the books. */
  readonly today?: string | undefined;
  /** Who asks, where the answer is about them. */
  readonly asker?: Identity | undefined;
}

export interface Remembered {
  /**
   * Answers with JSON, or with 304 where the asker has it. As long as nothing new is in the books, a question that was asked before, by somebody
   * who may see the same, is not computed again; who asks at the same moment waits for one answer.
   * @param about what it depends on beside the address
   */
  answer(c: Context, identity: Identity, compute: () => Promise<unknown>, about: About): Promise<Response>;
  /** Reads what many questions about a month begin with, as {@link rememberedOfMonth}. */
  ofMonth<T, A extends readonly unknown[]>(
    read: ReadOfMonth<T, A>,
    kept: number,
    beside?: (...args: A) => unknown,
  ): RememberedOfMonth<T, A>;
  /** Something was decided here: the next look at the books is a new one. */
  renew(): void;
}

export function rememberAnswers(clickhouse: ClickHouse): Remembered {
  const answers = new Map<string, string>();
  const computing = new Map<string, Promise<string>>();
  let characters = 0;
  const versions = new Map<
    BillingPeriod | undefined,
    { readonly asked: Promise<string>; readonly atMs: number }
  >();

  /** Another program, or other settings, may answer otherwise: what a browser kept of the last start does not hold. */
  const start = randomUUID();

  /**
   * One look for all who ask within the same moment. A new one ends those at other months: what is kept under it is never made of what was looked at
   * before it.
   */
  const versionNow = (until: BillingPeriod | undefined): Promise<string> => {
    const known = versions.get(until);
    if (known && performance.now() - known.atMs < VERSION_MS) return known.asked;
    const asked = booksVersion(clickhouse, until);
    versions.clear();
    versions.set(until, { asked, atMs: performance.now() });
    asked.catch(() => versions.delete(until));
    return asked;
  };

  const keep = (key: string, text: string): void => {
    answers.set(key, text);
    characters += text.length;
    for (const [oldest, its] of answers) {
      if (answers.size <= ANSWERS_MAX && characters <= CHARACTERS_MAX) break;
      answers.delete(oldest);
      characters -= its.length;
    }
  };

  return {
    ofMonth: (read, kept, beside) => rememberedOfMonth(versionNow, read, kept, beside),
    renew: () => versions.clear(),
    async answer(c, { viewer }, compute, { until, today = "", asker }) {
      const { pathname, search } = new URL(c.req.url);
      const body = c.req.method === "GET" ? "" : await c.req.text();
      const key = sha256(
        JSON.stringify([start, await versionNow(until), pathname, search, body, viewer, today, asker]),
      );
      const etag = `"${key.slice(0, 32)}"`;
      const headers = { etag, "cache-control": "private, no-cache", vary: "Cookie, Authorization" };
      if (c.req.header("if-none-match")?.includes(etag)) return c.body(null, 304, headers);
      const known = answers.get(key);
      if (known !== undefined) {
        answers.delete(key);
        answers.set(key, known);
        return c.body(known, 200, { ...headers, "content-type": "application/json; charset=utf-8" });
      }
      const asked =
        computing.get(key) ??
        compute()
          .then((value) => {
            const text = JSON.stringify(value);
            keep(key, text);
            return text;
          })
          .finally(() => computing.delete(key));
      computing.set(key, asked);
      return c.body(await within(ANSWER_MAX_MS, asked), 200, {
        ...headers,
        "content-type": "application/json; charset=utf-8",
      });
    },
  };
}

/** Longest time that somebody waits, in milliseconds. The answer is made all the same, and there when it is asked for again. */
const ANSWER_MAX_MS = 60_000;

async function within<T>(ms: number, answering: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new TooSlowError(`It takes more than ${ms / 1000} s: ask again in a moment, or for less`)),
      ms,
    );
  });
  try {
    return await Promise.race([answering, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** How long a look at the state of the books holds, in milliseconds. */
const VERSION_MS = 250;
