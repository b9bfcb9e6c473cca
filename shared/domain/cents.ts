import { roundedDivision } from "./rounding.js";
import { roundTogether } from "./split.js";
import { PICOS_PER_CENT } from "./statement.js";

/**
 * Exact amounts as a table prints them: in cents that add up to the rounded sum, so that its total is the sum of what is printed.
 * @param cents what they add up to, where that was printed already
 */
export function centsThatFoot(
  picos: readonly bigint[],
  cents = roundedDivision(
    picos.reduce((sum, part) => sum + part, 0n),
    PICOS_PER_CENT,
  ),
): bigint[] {
  return picos.length === 0 ? [] : roundTogether(picos, PICOS_PER_CENT, cents);
}
