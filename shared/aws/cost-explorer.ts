import type { Expression, GroupDefinition } from "@aws-sdk/client-cost-explorer";
import { addDays, dayOf, type Day } from "@apportion/domain/period";
import { ReadingError } from "@apportion/readings/source";
import { systemClock, type Clock } from "@apportion/runtime/service";
import type { AwsConfig } from "./config.js";
import type { AskPage } from "./cost-explorer-client.js";
import { linesOfDay, type BillDay } from "./parse.js";

/** At most two groups: Cost Explorer takes no more. */
export interface BillQuestion {
  readonly groupBy: readonly GroupDefinition[];
  readonly filter: Expression;
}

export interface CostExplorer {
  /**
   * Lines of the bill for each of the days. Asked again within `cacheMinutes`, and on the same day, the same question costs nothing: what
   * was answered before midnight must not pass for an answer about a day that is over.
   * @throws ReadingError for the answer as a whole; what is wrong with one day is thrown when that day is taken
   */
  ask(question: BillQuestion, days: readonly Day[], signal: AbortSignal): Promise<(day: Day) => BillDay>;
  /** Pages that were asked for in the last 24 hours; each costs $0.01. */
  pages(): number;
  /** Whether there are pages for more than what is scheduled: what failed may use up half of them, the rest is kept for the schedules. */
  hasPagesToSpare(): boolean;
}

interface CachedAnswer {
  readonly first: Day;
  readonly last: Day;
  readonly askedAtMs: number;
  readonly answer: Promise<unknown[]>;
}

const ANSWER_PAGES_MAX = 1_000;
const DAY_MS = 86_400_000;

export function createCostExplorer(
  config: AwsConfig,
  currency: string,
  clock: Clock = systemClock,
): CostExplorer {
  // Loading the SDK takes as long as many a command that never asks.
  let loading: Promise<AskPage> | undefined;
  const client = (): Promise<AskPage> =>
    (loading ??= import("./cost-explorer-client.js").then(({ createPages }) => createPages(config)));
  /** Answers by question; one for more days serves fewer. */
  const cache = new Map<string, CachedAnswer[]>();
  let pagesAtMs: number[] = [];
  const nowMs = (): number => clock().getTime();

  const countPage = (): void => {
    pagesAtMs = pagesAtMs.filter((atMs) => atMs > nowMs() - DAY_MS);
    if (pagesAtMs.length >= config.pagesMax)
      throw new ReadingError(
        "rejected",
        `${config.pagesMax} pages of Cost Explorer ($${(config.pagesMax / 100).toFixed(2)}) were asked for in 24 hours, as many as aws.pagesMax allows`,
      );
    pagesAtMs.push(nowMs());
  };

  const pagesOfLastDay = (): number => pagesAtMs.filter((atMs) => atMs > nowMs() - DAY_MS).length;

  const askAll = async (input: Parameters<AskPage>[0], signal: AbortSignal): Promise<unknown[]> => {
    const results: unknown[] = [];
    let token: string | undefined;
    for (let page = 0; page === 0 || token !== undefined; page++) {
      if (page === ANSWER_PAGES_MAX)
        throw new ReadingError("malformed", "Cost Explorer's pages do not come to an end");
      countPage();
      const answer = await (await client())({ ...input, NextPageToken: token }, signal);
      results.push(...(answer.ResultsByTime ?? []));
      token = answer.NextPageToken;
    }
    return results;
  };

  return {
    pages: pagesOfLastDay,
    hasPagesToSpare: () => pagesOfLastDay() < config.pagesMax / 2,
    async ask({ groupBy, filter }, days, signal) {
      const [first] = days;
      const last = days.at(-1);
      if (first === undefined || last === undefined)
        throw new RangeError("The bill is asked for at least one day");
      const question = {
        Granularity: "DAILY" as const,
        Metrics: [
          ...new Set([
            config.chargeBy,
            "UnblendedCost",
            "AmortizedCost",
            "NetAmortizedCost",
            "UsageQuantity",
          ]),
        ],
        GroupBy: [...groupBy],
        Filter: filter,
      };
      const key = JSON.stringify(question);
      const known = (cache.get(key) ?? []).filter(
        ({ askedAtMs }) =>
          Math.abs(nowMs() - askedAtMs) < config.cacheMinutes * 60_000 && // a clock that was set back must not keep it
          dayOf(new Date(askedAtMs)) === dayOf(clock()),
      );
      const covering = known.find((each) => each.first <= first && last <= each.last);
      const answer =
        covering?.answer ??
        askAll({ ...question, TimePeriod: { Start: first, End: addDays(last, 1) } }, signal);
      if (!covering) {
        const entry = { first, last, askedAtMs: nowMs(), answer };
        cache.set(key, [...known, entry]);
        // A failure is not remembered; who asked has it.
        answer.catch(() =>
          cache.set(
            key,
            (cache.get(key) ?? []).filter((each) => each !== entry),
          ),
        );
      }
      const results = await answer;
      return (day) => linesOfDay(results, day, config.chargeBy, currency);
    },
  };
}
