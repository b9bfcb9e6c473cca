import { roundedDivision } from "./rounding.js";
/** Amounts are whole numbers of 10⁻¹² of the currency's unit: `Decimal(38, 12)` in ClickHouse, a bigint here. */
const MONEY_PLACES = 12;
/** The largest amount that `Decimal(38, 12)` holds: 26 digits before the point. */
const PICOS_MAX = 10n ** 38n - 1n;

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

export class MoneyError extends Error {
  readonly code = "MONEY";
}

/**
 * Reads a decimal number as a count of 10⁻¹² units. Digits beyond the 12th place are rounded half to even:
 * upstream APIs print binary doubles such as 0.1315068493150685.
 * @throws MoneyError for anything but a decimal number within ±10²⁶.
 */
export function parsePicos(text: string): bigint {
  const match = DECIMAL.exec(text);
  if (!match) throw new MoneyError(`"${text.slice(0, 40)}" is not a decimal number`);
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const shift = MONEY_PLACES - fraction.length + Number(exponent);
  const digits = BigInt(whole + fraction);
  const picos = shift >= 0 ? digits * 10n ** BigInt(shift) : roundedDivision(digits, 10n ** BigInt(-shift));
  if (picos > PICOS_MAX) throw new MoneyError(`${text.slice(0, 40)} is beyond what 26 digits can hold`);
  return sign === "-" ? -picos : picos;
}

/** `15894710000000n` → `"15.89471"`: no trailing zeros, as ClickHouse prints decimals. */
export function formatPicos(picos: bigint): string {
  const sign = picos < 0n ? "-" : "";
  const digits = (picos < 0n ? -picos : picos).toString().padStart(MONEY_PLACES + 1, "0");
  const whole = digits.slice(0, -MONEY_PLACES);
  const fraction = digits.slice(-MONEY_PLACES).replace(/0+$/, "");
  return fraction === "" ? sign + whole : `${sign}${whole}.${fraction}`;
}
