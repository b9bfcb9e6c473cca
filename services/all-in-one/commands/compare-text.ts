import pc from "picocolors";
import type { MonthComparison, PayerComparison } from "@apportion/books/compare/comparison";
import { payerOf } from "@apportion/books/months/month";
import { centsThatFoot, decimalOfCents, groupedCents, sumOfCents } from "@apportion/domain/cents";
import type { Day } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import {
  changePercent,
  effectName,
  effectText,
  movementDetail,
  movementName,
} from "@apportion/reports/compare/words";
import { countText, formatAmount } from "@apportion/reports/format";

interface Naming {
  readonly registry: Registry;
  readonly currency: string;
}

const NAME_WIDTH = 30;
const AMOUNT_WIDTH = 18;
/** Movements that are shown; `--json` has all. */
const MOVEMENTS_SHOWN = 12;

/** One payer: both amounts, the reasons, and the largest movements. */
export function renderPayer(comparison: MonthComparison, payer: PayerComparison, naming: Naming): string[] {
  const { currency } = naming;
  const { effects, movements, difference } = payer;
  const name = payerOf(payer);
  return [
    pc.bold(
      `${name}: ${amountOf(owed(payer.before), currency)} in ${comparison.before.month} → ${amountOf(owed(payer.after), currency)} in ${comparison.after.month}, ${change(difference, currency)} (${changePercent(difference, owed(payer.before))})`,
    ),
    ...correctionsText(payer, currency),
    ...basisLines(comparison),
    "",
    ...(effects.length === 0
      ? ["  Nothing differs."]
      : [
          ...effects.map(
            ({ effect, cents }) =>
              `  ${effectName(effect).padEnd(NAME_WIDTH)}${change(cents, currency).padStart(AMOUNT_WIDTH)}  ${pc.dim(effectText(effect))}`,
          ),
          pc.bold(`  ${"in all".padEnd(NAME_WIDTH)}${change(difference, currency).padStart(AMOUNT_WIDTH)}`),
        ]),
    ...movementLines(movements, comparison, naming),
  ];
}

function movementLines(
  movements: PayerComparison["movements"],
  { before, after }: MonthComparison,
  { registry, currency }: Naming,
): string[] {
  // That a month is longer is said once, and nobody's doing.
  const moved = movements.filter(({ effect }) => effect !== "days");
  if (moved.length === 0) return [];
  const shown = moved.slice(0, MOVEMENTS_SHOWN);
  const rest = moved.slice(MOVEMENTS_SHOWN);
  return [
    "",
    pc.dim(`  ${"What moved most".padEnd(AMOUNT_WIDTH + 2)}  what, and ${before.month} → ${after.month}`),
    ...shown.map((movement) => {
      const [was = 0n, is = 0n] = [movement.before, movement.after].map((picos) => centsThatFoot([picos])[0]);
      const detail = [`${groupedCents(was)} → ${groupedCents(is)}`, movementDetail(movement)].filter(Boolean);
      return `  ${change(movement.cents, currency).padStart(AMOUNT_WIDTH)}    ${effectName(movement.effect)}: ${movementName(movement, registry)}  ${pc.dim(detail.join("; "))}`;
    }),
    ...(rest.length === 0
      ? []
      : [
          `  ${change(sumOfCents(rest), currency).padStart(
            AMOUNT_WIDTH,
          )}    ${countText(rest.length, "smaller movement")}; --json has all`,
        ]),
  ];
}

/** Everybody: a line each, and the total. */
export function renderComparison(comparison: MonthComparison, { currency }: Naming): string[] {
  const { payers, total, before, after } = comparison;
  return [
    pc.bold(
      `What changed from ${before.month} to ${after.month}: ${change(total.difference, currency)} in all`,
    ),
    ...basisLines(comparison),
    "",
    pc.dim(
      `  ${"".padEnd(NAME_WIDTH)}${before.month.padStart(AMOUNT_WIDTH)}${after.month.padStart(AMOUNT_WIDTH)}${"change".padStart(AMOUNT_WIDTH)}${"".padStart(11)}  most of it`,
    ),
    ...payers.map((payer) =>
      payerLine(
        payer.ownerKind === "team" ? payer.teamId : pc.dim(payer.ownerKind.padEnd(NAME_WIDTH)),
        payer,
        currency,
      ),
    ),
    payerLine(pc.bold("total".padEnd(NAME_WIDTH)), total, currency),
    "",
    pc.dim("  compare … --team T says why, down to workloads."),
  ];
}

function payerLine(
  name: string,
  { before, after, difference, effects }: MonthComparison["total"],
  currency: string,
): string {
  const [largest] = effects.toSorted((a, b) => Number(size(b.cents) - size(a.cents)));
  const most =
    largest && largest.cents !== 0n ? `${effectName(largest.effect)} ${change(largest.cents, currency)}` : "";
  return `  ${name.padEnd(NAME_WIDTH)}${amountOf(owed(before), currency).padStart(AMOUNT_WIDTH)}${amountOf(owed(after), currency).padStart(AMOUNT_WIDTH)}${change(difference, currency).padStart(AMOUNT_WIDTH)}${changePercent(difference, owed(before)).padStart(11)}  ${pc.dim(most)}`;
}

/** What of the months is compared, and what of it can still change. */
function basisLines(comparison: MonthComparison): string[] {
  const { isWhole, before, after } = comparison;
  const sides = [before, after];
  const compared = isWhole
    ? before.days.length === after.days.length
      ? []
      : [
          `  ${before.month} has ${countText(before.days.length, "day")}, ${after.month} ${after.days.length}: what runs by the hour is told apart from that.`,
        ]
    : [
        `  Not whole months: ${countText(after.days.length, "day")} of each, ${daysText(after.days)}; amounts are of these days, corrections of the whole months.`,
        ...sides
          .filter(({ leftOut }) => leftOut.length > 0)
          .map(
            ({ month, leftOut }) =>
              `  Left out of ${month}: ${countText(leftOut.length, "day")}, ${daysText(leftOut)}.`,
          ),
      ];
  return [
    ...compared,
    ...sides
      .filter(({ isClosed }) => !isClosed)
      .map(({ month }) =>
        pc.yellow(`  ${month} is provisional: it is not closed, and what is posted when it is may differ.`),
      ),
    ...sides
      .filter(({ beforeTheBill }) => beforeTheBill.length > 0)
      .map(({ month, beforeTheBill }) =>
        pc.yellow(
          `  ${countText(beforeTheBill.length, "day")} of ${month} with Kubernetes at list price, because the bill is not compared yet: a difference of price may be that.`,
        ),
      ),
    ...sides
      .filter(({ missing }) => missing.length > 0)
      .map(({ month, incompleteDays, missing }) =>
        pc.yellow(
          `  ${countText(incompleteDays.length, "day")} of ${month} without ${missing.join(", ")}: what depends on that is not what it will be.`,
        ),
      ),
  ];
}

/** By their number in the month: `1–15, 17` */
export function daysText(days: readonly Day[]): string {
  const numbers = days.map((day) => Number(day.slice(8)));
  const starts = numbers.filter((number, at) => at === 0 || numbers[at - 1] !== number - 1);
  return starts
    .map((start) => {
      let end = start;
      while (numbers.includes(end + 1)) end += 1;
      return start === end ? String(start) : `${start}–${end}`;
    })
    .join(", ");
}

function correctionsText({ before, after }: PayerComparison, currency: string): string[] {
  if (before.corrections === 0n && after.corrections === 0n) return [];
  return [
    `  of it on statements ${amountOf(before.charged, currency)} → ${amountOf(after.charged, currency)}, corrections and adjustments beside them ${amountOf(before.corrections, currency)} → ${amountOf(after.corrections, currency)}`,
  ];
}

function owed({ charged, corrections }: PayerComparison["before"]): bigint {
  return charged + corrections;
}

function amountOf(cents: bigint, currency: string): string {
  return formatAmount(decimalOfCents(cents), currency);
}

function change(cents: bigint, currency: string): string {
  return `${cents > 0n ? "+" : ""}${amountOf(cents, currency)}`;
}

function size(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
