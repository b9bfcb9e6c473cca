import pc from "picocolors";
import { decimalOfCents } from "@apportion/domain/cents";
import { formatAmount } from "@apportion/reports/format";

/** What somebody pays, and what is to be changed about it, in cents. */
export interface PayerRow {
  readonly name: string;
  readonly soFar: bigint;
  readonly difference: bigint;
}

const NAME_WIDTH = 26;
const AMOUNT_WIDTH = 20;

/**
 * Who pays more or less, and what all of them come to together: the same for whatever is posted about a closed month by two people.
 * @param soFar what the amounts before it are called
 */
export function payerTable(rows: readonly PayerRow[], currency: string, soFar: string): string[] {
  const amount = (cents: bigint): string =>
    formatAmount(decimalOfCents(cents), currency).padStart(AMOUNT_WIDTH);
  const line = ({ name, soFar: before, difference }: PayerRow): string =>
    `  ${name.padEnd(NAME_WIDTH)}${amount(before)}${amount(difference)}${amount(before + difference)}`;
  const sum = (of: (row: PayerRow) => bigint): bigint => rows.reduce((total, row) => total + of(row), 0n);
  const titles = [soFar, "difference", "afterwards"].map((title) => title.padStart(AMOUNT_WIDTH));
  return [
    pc.dim(`  ${"who".padEnd(NAME_WIDTH)}${titles.join("")}`),
    ...rows.map(line),
    line({
      name: "together",
      soFar: sum(({ soFar: before }) => before),
      difference: sum(({ difference }) => difference),
    }),
  ];
}

/** The same for programs. */
export function payerJson({ soFar, difference }: Omit<PayerRow, "name">): {
  readonly posted: string;
  readonly difference: string;
  readonly afterwards: string;
} {
  return {
    posted: decimalOfCents(soFar),
    difference: decimalOfCents(difference),
    afterwards: decimalOfCents(soFar + difference),
  };
}
