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
  return parseShort(text) ?? parseAny(text, roundedDivision);
}

/** The same, and refuses what would have to be rounded. @throws MoneyError */
export function parseExactPicos(text: string): bigint {
  const exactly = (digits: bigint, by: bigint): bigint => {
    if (digits % by !== 0n)
      throw new MoneyError(`${text.slice(0, 40)} has more than ${MONEY_PLACES} decimal places`);
    return digits / by;
  };
  return parseShort(text) ?? parseAny(text, exactly);
}

/** A number counts this many digits exactly. */
const SHORT_DIGITS = 15;
/** By how much digits are multiplied that have so many places. */
const TO_PICOS = Array.from(
  { length: MONEY_PLACES + 1 },
  (_, places) => 10n ** BigInt(MONEY_PLACES - places),
);
const ZERO = 48;
const MINUS = 45;
const POINT = 46;

/** Most amounts are plain and short, and counting their digits is six times as fast as anything else. Undefined for all others. */
function parseShort(text: string): bigint | undefined {
  const end = text.length;
  const start = text.charCodeAt(0) === MINUS ? 1 : 0;
  if (end === start || end - start > SHORT_DIGITS + 1) return undefined;
  let digits = 0;
  let point = -1;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    const digit = code - ZERO;
    if (digit >= 0 && digit <= 9) digits = digits * 10 + digit;
    else if (code === POINT && point < 0 && at > start && at < end - 1) point = at;
    else return undefined;
  }
  if (point < 0 && end - start > SHORT_DIGITS) return undefined;
  const scale = TO_PICOS[point < 0 ? 0 : end - point - 1];
  if (scale === undefined) return undefined;
  const picos = BigInt(digits) * scale;
  return start === 1 ? -picos : picos;
}

function parseAny(text: string, divide: (digits: bigint, by: bigint) => bigint): bigint {
  const match = DECIMAL.exec(text);
  if (!match) throw new MoneyError(`"${text.slice(0, 40)}" is not a decimal number`);
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const shift = MONEY_PLACES - fraction.length + Number(exponent);
  const digits = BigInt(whole + fraction);
  const picos = shift >= 0 ? digits * 10n ** BigInt(shift) : divide(digits, 10n ** BigInt(-shift));
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

/** The larger first, whichever sign it has. */
export function compareSizes(a: bigint, b: bigint): number {
  const [one, other] = [a < 0n ? -a : a, b < 0n ? -b : b];
  return one === other ? 0 : one > other ? -1 : 1;
}
