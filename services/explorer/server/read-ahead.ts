import { readMonths } from "@apportion/books/months/read-months";
import { booksVersion } from "@apportion/books/version";
import { dayOf } from "@apportion/domain/period";
import type { ExplorerDeps } from "./deps.js";
import type { KeptBooks } from "./kept-books.js";

/** How often it is looked whether something is new, and how long the books have to be quiet: while days are collected, each of them changes them. */
const LOOK_MS = 10_000;
/** Open months that people look at: the running one, and the one that is to be closed. */
const MONTHS_MAX = 2;

/**
 * Reads ahead what pages and questions begin with, so that who looks first after something new waits no longer than who looks next: in a month of 60,000 containers
 * that is eleven seconds. What cannot be read is left to who asks for it, and is told why.
 */
export function readAhead(
  { clickhouse, clock, logger }: Pick<ExplorerDeps, "clickhouse" | "clock" | "logger">,
  { begin }: Pick<KeptBooks, "begin">,
  lookMs = LOOK_MS,
): { stop(): Promise<void> } {
  let seen = "";
  let known = "";
  let looking: Promise<void> | undefined;
  let isStopped = false;

  const look = async (): Promise<void> => {
    const before = seen;
    seen = `${dayOf(clock())} ${await booksVersion(clickhouse)}`;
    if (isStopped || seen !== before || seen === known) return;
    known = seen;
    const began = performance.now();
    const open = (await readMonths(clickhouse)).filter(({ isClosed }) => !isClosed).slice(-MONTHS_MAX);
    // The running month last: of what is kept of few months, its is kept longest.
    for (const { month } of open) if (!isStopped) await begin(month);
    const ms = Math.round(performance.now() - began);
    logger.debug({ months: open.map(({ month }) => month), ms }, "what pages begin with is read ahead");
  };
  const timer = setInterval(() => {
    looking ??= look()
      .catch((error: Error) =>
        logger.debug({ reason: error.message }, "what pages begin with could not be read ahead"),
      )
      .finally(() => (looking = undefined));
  }, lookMs);
  timer.unref();
  return {
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await looking;
    },
  };
}
