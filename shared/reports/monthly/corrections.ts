import { KEPT_APART } from "@apportion/domain/statement";
import { sumOfCents } from "@apportion/domain/cents";
import type { Correction } from "@apportion/books/months/read-corrections";
import type { Registry } from "@apportion/domain/tenancy";
import { lineName } from "@apportion/domain/wording";
import { centsText, countText, monthText } from "../format.js";
import type { Table } from "../document/document.js";
import type { TeamReport } from "./compose.js";

/** `Corrections, decisions and adjustments`: what stands beside statements, by its name. */
export function correctionsTitle(corrections: readonly Pick<Correction, "kind">[]): string {
  const names = namesOf(corrections);
  if (names === NAMES.correction) return "Corrections of earlier months";
  return names.charAt(0).toUpperCase() + names.slice(1);
}

const NAMES = { correction: "corrections", decision: "decisions", adjustment: "adjustments" } as const;

/** `corrections, decisions and adjustments` */
function namesOf(corrections: readonly Pick<Correction, "kind">[]): string {
  const kinds = (["correction", "decision", "adjustment"] as const).filter((kind) =>
    corrections.some((each) => each.kind === kind),
  );
  const [last = "", ...before] = kinds.map((kind) => NAMES[kind]).toReversed();
  return before.length === 0 ? last : `${before.toReversed().join(", ")} and ${last}`;
}

/** `October 2026 was decided again, by two people: owners of October corrected`, each decision once. */
export function decisionSentences(corrections: readonly Correction[]): string[] {
  const decided = corrections.filter(({ kind }) => kind === "decision");
  const sentences = decided.map(
    ({ correctsPeriod, reason }) =>
      `${monthText(correctsPeriod)} was decided again, by two people: ${reason}.`,
  );
  return [...new Set(sentences)];
}

/** A row for each line of a corrected month and for each adjustment, and their sum. */
export function correctionTable(
  corrections: readonly Correction[],
  registry: Pick<Registry, "sharedServices">,
): Table {
  return amounts(
    "Month and what",
    corrections.map((correction) => ({
      name: correctionText(correction, registry),
      cents: correction.cents,
    })),
  );
}

/** `October 2026, S3 storage`, `October 2026, S3 storage, decided again`, `Adjustment of October 2026: why, approved by two people` */
function correctionText(
  { kind, reason, correctsPeriod, category, pool }: Correction,
  registry: Pick<Registry, "sharedServices">,
): string {
  const month = monthText(correctsPeriod);
  switch (kind) {
    case "correction":
      return `${month}, ${lineName({ category, pool }, registry)}`;
    case "decision":
      return `${month}, ${lineName({ category, pool }, registry)}, decided again`;
    case "adjustment":
      return `Adjustment of ${month}: ${reason}, approved by two people`;
  }
}

/** A row for each corrected month, decision and side of an adjustment, and their sum: who reads for all teams wants the sums. */
export function correctedMonthTable(corrections: readonly Correction[]): Table {
  const months = [...new Set(corrections.map(({ correctsPeriod }) => correctsPeriod))].toSorted();
  return amounts(
    "Month",
    months.flatMap((month) => {
      const own = corrections.filter(({ correctsPeriod }) => correctsPeriod === month);
      const corrected = own.filter(({ kind }) => kind === "correction");
      const decided = own.filter(({ kind }) => kind === "decision");
      const adjusted = own.filter(({ kind }) => kind === "adjustment");
      return [
        ...(corrected.length === 0
          ? []
          : [
              {
                name: `${monthText(month)}, ${ownersText(corrected)}`,
                cents: sumOfCents(corrected),
              },
            ]),
        ...[...new Set(decided.map(({ reason }) => reason))].map((reason) => {
          const parts = decided.filter((each) => each.reason === reason);
          return { name: `Decision on ${monthText(month)}, ${ownersText(parts)}: ${reason}`, cents: sumOfCents(parts) };
        }),
        ...adjusted.map(({ reason, ownerKind, teamId, cents }) => ({
          name: `Adjustment of ${monthText(month)}, ${ownerKind === "team" ? teamId : ownerKind}: ${reason}`,
          cents,
        })),
      ];
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
    totals: [{ cells: ["Total", { cents: sumOfCents(rows) }], adds: "rows" }],
  };
}

/** Whom corrections are for: `24 teams and unallocated`. */
function ownersText(corrections: readonly Correction[]): string {
  const teams = new Set(
    corrections.filter(({ ownerKind }) => ownerKind === "team").map(({ teamId }) => teamId),
  );
  const others = KEPT_APART.filter((kind) =>
    corrections.some(({ ownerKind }) => ownerKind === kind),
  );
  return [...(teams.size > 0 ? [countText(teams.size, "team")] : []), ...others].join(" and ");
}

/**
 * Below the headline: `+ USD 11.89 corrections and adjustments of October 2026 = USD 20,423.53 charged in November 2026`, which is what is posted in
 * the month. Nothing without any.
 */
export function chargedText(
  cents: bigint,
  { corrections, currency, period }: Pick<TeamReport, "corrections" | "currency" | "period">,
): string[] {
  if (corrections.length === 0) return [];
  const corrected = sumOfCents(corrections);
  const months = [...new Set(corrections.map(({ correctsPeriod }) => monthText(correctsPeriod)))];
  const [sign, magnitude] = corrected < 0n ? ["-", -corrected] : ["+", corrected];
  return [
    `${sign} ${centsText(magnitude, currency)} ${namesOf(corrections)} of ${months.join(" and ")} = ${centsText(cents + corrected, currency)} charged in ${monthText(period)}`,
  ];
}

/** `Posted about it later: USD 90.90 in November 2026.` Nothing where nothing was. */
export function correctedLaterText({
  correctedLater,
  currency,
}: Pick<TeamReport, "correctedLater" | "currency">): string[] {
  const months = [...new Set(correctedLater.map(({ postedInto }) => postedInto))];
  if (months.length === 0) return [];
  const parts = months.map((month) => {
    const cents = sumOfCents(correctedLater.filter(({ postedInto }) => postedInto === month));
    return `${centsText(cents, currency)} in ${monthText(month)}`;
  });
  return [`Posted about it later: ${parts.join(" and ")}.`];
}

/** `correction-of-2026-10`, `adjustment-of-2026-10: the experiment was search's` */
export function correctionReason({ kind, correctsPeriod, reason }: Correction): string {
  return `${kind}-of-${correctsPeriod}${reason === "" ? "" : `: ${reason}`}`;
}
