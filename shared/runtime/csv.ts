/** A spreadsheet takes a cell that begins so for a formula; a name from a cluster must not become one. */
const FORMULA = /^[=+\-@\t\r\n]/;
/** A plain number is no formula, whatever its sign: `-12.34` must stay a number that can be added up. */
const NUMBER = /^-?\d+(\.\d+)?$/;

/** RFC 4180: CRLF, quotes where needed and doubled inside. */
export function csv(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(value: string): string {
  const safe = FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
