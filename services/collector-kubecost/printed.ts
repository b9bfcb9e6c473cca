import { parsePicos } from "@apportion/domain/money";

/** The digits that were printed, summed: JavaScript's shortest text of a number is what JSON said. */
export function picosOf(...numbers: readonly number[]): bigint {
  return numbers.reduce((sum, number) => sum + parsePicos(String(number)), 0n);
}
