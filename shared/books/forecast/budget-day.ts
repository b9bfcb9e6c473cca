import type { Day } from "@apportion/domain/period";
import type { Forecast } from "./forecast.js";

/** When a month is expected to have reached an amount; each undefined where it is not within the month. */
export interface Passing {
  readonly on: Day | undefined;
  /** As early as the upper end of the interval says, as late as the lower end does. */
  readonly earliest: Day | undefined;
  readonly latest: Day | undefined;
}

/** Undefined where even the upper end of the interval stays below: the amount is not expected to be reached. */
export function passingOf({ ahead }: Pick<Forecast, "ahead">, picos: bigint): Passing | undefined {
  const on = ahead.find((each) => each.picos >= picos)?.day;
  const earliest = ahead.find((each) => each.high >= picos)?.day;
  const latest = ahead.find((each) => each.low >= picos)?.day;
  return earliest && { on, earliest, latest };
}
