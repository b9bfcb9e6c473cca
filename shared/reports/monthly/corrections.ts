import type { Correction } from "@apportion/books/months/read-corrections";
import { lineName } from "@apportion/domain/wording";
import { centsText, countText, monthText } from "../format.js";
import { paragraph, strong } from "../mail/blocks.js";
import type { Html } from "../mail/html.js";
import type { TeamReport } from "./compose.js";
import type { Naming } from "./shared-share.js";

export function sumOfCorrections(corrections: readonly Pick<Correction, "cents">[]): bigint {
  return corrections.reduce((sum, { cents }) => sum + cents, 0n);
}

/** `October 2026, S3 storage` and the amount, a row for each line of a corrected month, and their sum. */
export function correctionRows(
  corrections: readonly Correction[],
  { registry, currency }: Pick<Naming, "registry" | "currency">,
): string[][] {
  return [
    ...corrections.map(({ correctsPeriod, category, pool, cents }) => [
      `${monthText(correctsPeriod)}, ${lineName({ category, pool }, registry)}`,
      centsText(cents, currency),
    ]),
    ["Total", centsText(sumOfCorrections(corrections), currency)],
  ];
}

/** A row for each corrected month, and their sum: who reads for all teams wants the sums. */
export function correctedMonths(corrections: readonly Correction[], currency: string): string[][] {
  const months = [...new Set(corrections.map(({ correctsPeriod }) => correctsPeriod))].toSorted();
  const rows = months.map((month) => {
    const own = corrections.filter(({ correctsPeriod }) => correctsPeriod === month);
    return [`${monthText(month)}, ${ownersText(own)}`, centsText(sumOfCorrections(own), currency)];
  });
  return [...rows, ["Total", centsText(sumOfCorrections(corrections), currency)]];
}

/** Whom corrections are for: `24 teams and unallocated`. */
function ownersText(corrections: readonly Correction[]): string {
  const teams = new Set(
    corrections.filter(({ ownerKind }) => ownerKind === "team").map(({ teamId }) => teamId),
  );
  const others = (["idle", "corporate", "unallocated"] as const).filter((kind) =>
    corrections.some(({ ownerKind }) => ownerKind === kind),
  );
  return [...(teams.size > 0 ? [countText(teams.size, "team")] : []), ...others].join(" and ");
}

/**
 * Below the headline: `+ USD 11.89 corrections of October 2026 = USD 20,423.53 charged in November 2026`, which is what is posted in
 * the month. Nothing without any.
 */
export function chargedText(
  cents: bigint,
  { corrections, currency, period }: Pick<TeamReport, "corrections" | "currency" | "period">,
): string[] {
  if (corrections.length === 0) return [];
  const corrected = sumOfCorrections(corrections);
  const months = [...new Set(corrections.map(({ correctsPeriod }) => monthText(correctsPeriod)))];
  const [sign, magnitude] = corrected < 0n ? ["-", -corrected] : ["+", corrected];
  return [
    `${sign} ${centsText(magnitude, currency)} corrections of ${months.join(" and ")} = ${centsText(cents + corrected, currency)} charged in ${monthText(period)}`,
  ];
}

/** `Corrected later: USD 90.90 in November 2026.` Nothing where nothing was. */
export function correctedLaterText({
  correctedLater,
  currency,
}: Pick<TeamReport, "correctedLater" | "currency">): string[] {
  const months = [...new Set(correctedLater.map(({ postedInto }) => postedInto))];
  if (months.length === 0) return [];
  const parts = months.map((month) => {
    const cents = sumOfCorrections(correctedLater.filter(({ postedInto }) => postedInto === month));
    return `${centsText(cents, currency)} in ${monthText(month)}`;
  });
  return [`Corrected later: ${parts.join(" and ")}.`];
}

export function correctionLines(texts: readonly string[]): Html[] {
  return texts.map((text) => paragraph(strong(text)));
}
