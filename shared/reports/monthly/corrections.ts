import type { Correction } from "@apportion/books/months/read-corrections";
import type { Registry } from "@apportion/domain/tenancy";
import { lineName } from "@apportion/domain/wording";
import { centsText, countText, monthText } from "../format.js";
import type { Table } from "../document/document.js";
import type { TeamReport } from "./compose.js";

export function sumOfCorrections(corrections: readonly Pick<Correction, "cents">[]): bigint {
  return corrections.reduce((sum, { cents }) => sum + cents, 0n);
}

/** `October 2026, S3 storage`: a row for each line of a corrected month, and their sum. */
export function correctionTable(
  corrections: readonly Correction[],
  registry: Pick<Registry, "sharedServices">,
): Table {
  return amounts(
    "Month and what",
    corrections.map(({ correctsPeriod, category, pool, cents }) => ({
      name: `${monthText(correctsPeriod)}, ${lineName({ category, pool }, registry)}`,
      cents,
    })),
  );
}

/** A row for each corrected month, and their sum: who reads for all teams wants the sums. */
export function correctedMonthTable(corrections: readonly Correction[]): Table {
  const months = [...new Set(corrections.map(({ correctsPeriod }) => correctsPeriod))].toSorted();
  return amounts(
    "Month",
    months.map((month) => {
      const own = corrections.filter(({ correctsPeriod }) => correctsPeriod === month);
      return { name: `${monthText(month)}, ${ownersText(own)}`, cents: sumOfCorrections(own) };
    }),
  );
}

function amounts(head: string, rows: readonly { readonly name: string; readonly cents: bigint }[]): Table {
  return {
    kind: "table",
    columns: [
      { head, of: "text" },
      { head: "Amount", of: "amount" },
    ],
    rows: rows.map(({ name, cents }) => ({ cells: [name, { cents }] })),
    totals: [{ cells: ["Total", { cents: sumOfCorrections(rows) }], adds: "rows" }],
  };
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
