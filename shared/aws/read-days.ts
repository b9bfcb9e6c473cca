import type { Dataset, Reading } from "@apportion/domain/facts";
import { chargePeriodOf, type Day } from "@apportion/domain/period";
import { failedReading, type FailedReading } from "@apportion/readings/source";

interface Scope<D extends Dataset> {
  readonly dataset: D;
  readonly source: string;
  readonly scope: string;
}

type ReadDay<D extends Dataset> = Pick<Reading<D>, "rows" | "finality" | "remark">;

/** One question to the bill for all days, and a reading of each. What is wrong with the answer fails them all; with a day, only that one. */
export async function* readBillDays<D extends Dataset, Answer>(
  scope: Scope<D>,
  days: readonly Day[],
  ask: () => Promise<Answer>,
  toReading: (answer: Answer, day: Day) => ReadDay<D> | Promise<ReadDay<D>>,
): AsyncGenerator<Reading<D> | FailedReading> {
  const keys = days.map((day) => ({ day, key: { ...scope, chargePeriod: chargePeriodOf(day) } }));
  let answer: Answer;
  try {
    answer = await ask();
  } catch (error) {
    for (const { key } of keys) yield failedReading(key, error);
    return;
  }
  for (const { day, key } of keys) {
    try {
      yield { key, ...(await toReading(answer, day)) };
    } catch (error) {
      yield failedReading(key, error);
    }
  }
}
