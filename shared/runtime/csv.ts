/** A spreadsheet takes a cell that begins so for a formula; a name from a cluster must not become one. */
const FORMULA = /^[=+\-@\t\r\n]/;
/** A plain number is no formula, whatever its sign: `-12.34`, or `-12,34` where a comma is the point, must stay a number that can be added up. */
const NUMBER = /^-?\d+([.,]\d+)?$/;

/** RFC 4180: CRLF, quotes where needed and doubled inside. */
export function csv(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return csvRows([header, ...rows], ",");
}

/** Rows without a header of their own, as {@link csv}; between cells there is what the reader expects there. */
export function csvRows(rows: readonly (readonly string[])[], separator: string): string {
  return rows.map((row) => `${row.map((value) => cell(value, separator)).join(separator)}\r\n`).join("");
}

/** The text as it may stand in a cell: never a formula. */
export function withoutFormula(value: string): string {
  return FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value;
}

function cell(value: string, separator: string): string {
  const safe = withoutFormula(value);
  return /["\r\n]/.test(safe) || safe.includes(separator) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
