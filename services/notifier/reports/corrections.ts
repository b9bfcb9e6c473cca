import { monthText, centsText } from "../mail/format.js";
import { lineName } from "../mail/wording.js";
import type { Correction } from "../costs/read-corrections.js";
import type { TeamReport } from "./compose.js";
import type { Naming } from "./shared-share.js";

export function sumOfCorrections(corrections: readonly Correction[]): bigint {
  return corrections.reduce((sum, { cents }) => sum + cents, 0n);
}

/** `October 2026, S3 storage` and the amount, a row for each line of a corrected month. */
export function correctionRows(
  corrections: readonly Correction[],
  { registry, currency }: Pick<Naming, "registry" | "currency">,
): string[][] {
  return corrections.map(({ correctsPeriod, category, pool, cents }) => [
    `${monthText(correctsPeriod)}, ${lineName({ category, pool }, registry)}`,
    centsText(cents, currency),
  ]);
}

/** A row for each corrected month: who reads for all teams wants the sums. */
export function correctedMonths(corrections: readonly Correction[], currency: string): string[][] {
  const months = [...new Set(corrections.map(({ correctsPeriod }) => correctsPeriod))].toSorted();
  return months.map((month) => {
    const own = corrections.filter(({ correctsPeriod }) => correctsPeriod === month);
    const teams = new Set(own.filter(({ ownerKind }) => ownerKind === "team").map(({ teamId }) => teamId));
    return [`${monthText(month)}, ${teams.size} teams`, centsText(sumOfCorrections(own), currency)];
  });
}

/** `USD 12.34 and USD 0.56 of corrections, USD 12.90 in all` */
export function chargedText({
  statement,
  corrections,
  currency,
}: Pick<TeamReport, "statement" | "corrections" | "currency">): string {
  const corrected = sumOfCorrections(corrections);
  return `${centsText(statement.cents, currency)} and ${centsText(corrected, currency)} of corrections, ${centsText(statement.cents + corrected, currency)} in all`;
}
