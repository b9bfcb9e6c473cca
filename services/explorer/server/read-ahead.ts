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
 * Reads ahead what pages begin with, so that who looks first after something new waits no longer than who looks next: in a month of 60,000 containers that is
 * four seconds.
 */
export function readAhead(
  { clickhouse, clock, logger }: Pick<ExplorerDeps, "clickhouse" | "clock" | "logger">,
  { reportsOf }: Pick<KeptBooks, "reportsOf">,
  lookMs = LOOK_MS,
): { stop(): void } {
  let seen = "";
  let known = "";
  let isLooking = false;
  let isStopped = false;

  const look = async (): Promise<void> => {
    const before = seen;
    seen = `${dayOf(clock())} ${await booksVersion(clickhouse)}`;
    if (seen !== before || seen === known) return;
    const began = performance.now();
    const open = (await readMonths(clickhouse)).filter(({ isClosed }) => !isClosed).slice(-MONTHS_MAX);
    for (const { month } of open.toReversed()) await reportsOf.figures(month);
    known = seen;
    const ms = Math.round(performance.now() - began);
    logger.debug({ months: open.map(({ month }) => month), ms }, "what pages begin with is read ahead");
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    look()
      // Who asks is told what is wrong; it is looked again.
      .catch(
        (error: Error) => isStopped || logger.debug({ reason: error.message }, "nothing could be read ahead"),
      )
      .finally(() => (isLooking = false));
  }, lookMs);
  timer.unref();
  return {
    stop() {
      isStopped = true;
      clearInterval(timer);
    },
  };
}
