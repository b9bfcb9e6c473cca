import { sumOfCents } from "@apportion/domain/cents";
import {
  type CostLine,
  isKubernetes,
  type MonthCosts,
  sumOf,
} from "@apportion/books/months/month";
import { type Day, daysOf } from "@apportion/domain/period";
import { reasonText } from "@apportion/domain/reason";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT, type Statement } from "@apportion/domain/statement";

/** How far the figures of a team can be relied on. */
export interface DataQuality {
  /** Days that are over of which nothing is known. */
  readonly withoutData: readonly Day[];
  /** Shares of pools that were split another way than the policy's first, and why. */
  readonly byFallback: {
    readonly days: readonly Day[];
    readonly cents: bigint;
    readonly reasons: readonly string[];
  };
  /** Kubernetes at list price, since no bill has it, or not yet. */
  readonly atListPriceCents: bigint;
  /** Days with costs that can still change; none of a closed month. */
  readonly notSettled: readonly Day[];
  /** Readings of the month, of whomever, that wait for a decision. */
  readonly quarantined: number;
}

/** What is the same for all teams of a month. */
export interface QualityOfMonth {
  readonly withoutData: readonly Day[];
  readonly notSettled: readonly Day[];
  readonly beforeTheBill: ReadonlySet<Day>;
  /** Clusters that are on no bill. */
  readonly unbilled: ReadonlySet<string>;
  readonly isAllAtListPrice: boolean;
  readonly quarantined: number;
}

export function daysWithoutData(month: Pick<MonthCosts, "period" | "days">, today: Day): Day[] {
  const known = new Set(month.days.map(({ day }) => day));
  return daysOf(month.period).filter((day) => day < today && !known.has(day));
}

/** @param lines the team's, which its statement is made of */
export function dataQualityOf(
  statement: Pick<Statement, "lines">,
  lines: readonly CostLine[],
  of: QualityOfMonth,
): DataQuality {
  const fallen = lines.filter(({ basis, reason }) => basis === "shared" && reason !== "");
  const listed = lines.filter(
    (line) =>
      isKubernetes(line) &&
      (of.isAllAtListPrice || of.beforeTheBill.has(line.day) || of.unbilled.has(line.cluster)),
  );
  const charged = statement.lines.filter(({ basis, reason }) => basis === "shared" && reason !== "");
  return {
    withoutData: of.withoutData,
    byFallback: {
      days: [...new Set(fallen.map(({ day }) => day))].toSorted(),
      cents: sumOfCents(charged),
      reasons: [...new Set(fallen.map(({ reason }) => reasonText(reason)))].toSorted(),
    },
    atListPriceCents: roundedDivision(sumOf(listed), PICOS_PER_CENT),
    notSettled: of.notSettled,
    quarantined: of.quarantined,
  };
}
