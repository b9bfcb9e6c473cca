import { roundedDivision } from "./rounding.js";

/** Amounts are whole numbers of 10⁻¹² of the currency's unit: `Decimal(38, 12)` in ClickHouse, a bigint here. */
export const MONEY_PLACES = 12;
const PICOS_PER_UNIT = 10n ** BigInt(MONEY_PLACES);
const PICOS_PER_CENT = PICOS_PER_UNIT / 100n;
/** The largest amount that `Decimal(38, 12)` holds: 26 digits before the point. */
const PICOS_MAX = 10n ** 38n - 1n;

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;
const CURRENCY = /^[A-Z]{3}$/;

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

/** An exact amount in one currency. Never mixes currencies, never passes through a `number`. */
export class Money {
  readonly picos: bigint;
  /** ISO 4217, e.g. `USD`. */
  readonly currency: string;

  private constructor(picos: bigint, currency: string) {
    this.picos = picos;
    this.currency = currency;
  }

  static ofPicos(picos: bigint, currency: string): Money {
    if (!CURRENCY.test(currency))
      throw new MoneyError(`"${currency}" is not a currency code such as USD or EUR`);
    return new Money(picos, currency);
  }

  /** @throws MoneyError unless `amount` is a decimal number, e.g. `"12.3456789012"`. */
  static parse(amount: string, currency: string): Money {
    return Money.ofPicos(parsePicos(amount), currency);
  }

  static ofCents(cents: bigint, currency: string): Money {
    return Money.ofPicos(cents * PICOS_PER_CENT, currency);
  }

  static zero(currency: string): Money {
    return Money.ofPicos(0n, currency);
  }

  static sum(amounts: Iterable<Money>, currency: string): Money {
    let total = Money.zero(currency);
    for (const amount of amounts) total = total.plus(amount);
    return total;
  }

  plus(other: Money): Money {
    return new Money(this.picos + this.#same(other).picos, this.currency);
  }

  minus(other: Money): Money {
    return new Money(this.picos - this.#same(other).picos, this.currency);
  }

  compare(other: Money): -1 | 0 | 1 {
    const difference = this.picos - this.#same(other).picos;
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  equals(other: Money): boolean {
    return this.compare(other) === 0;
  }

  isZero(): boolean {
    return this.picos === 0n;
  }

  /** Whole cents, half to even: 0.125 → 12, 0.135 → 14. Only statements and screens show cents. */
  toCents(): bigint {
    return roundedDivision(this.picos, PICOS_PER_CENT);
  }

  /** The exact amount, e.g. `"15.89471"`. */
  toString(): string {
    return formatPicos(this.picos);
  }

  toJSON(): string {
    return this.toString();
  }

  #same(other: Money): Money {
    if (other.currency !== this.currency)
      throw new MoneyError(`${this.currency} and ${other.currency} cannot be combined`);
    return other;
  }
}
