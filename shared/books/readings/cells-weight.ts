import { randomBytes } from "node:crypto";
import { z } from "zod";
import { CELL_AMOUNTS, CELL_NAMES } from "./cells.js";

/** Numbers that a weight needs: two for each name, and one for the day, for each amount and for the count of facts. */
const DRAWN_COUNT = CELL_NAMES.length * 2 + 1 + CELL_AMOUNTS.length + 1;

/** A parameter for each number, not an array of all: the engine looked through the whole of that at each place that names one. */
type Drawn<T> = Record<`drawn${number}`, T>;

function eachDrawn<T>(valueOf: (index: number) => T): Drawn<T> {
  return Object.fromEntries(
    Array.from({ length: DRAWN_COUNT }, (_, index) => [`drawn${index}`, valueOf(index)]),
  );
}

/** Drawn anew by each process, so nobody who changes a row can know what would make up for it. Odd, so that no multiple of them vanishes. */
export const DRAWN: Readonly<Drawn<bigint>> = (() => {
  const bytes = randomBytes(DRAWN_COUNT * 8);
  return eachDrawn((index) => bytes.readBigUInt64LE(index * 8) | 1n);
})();

/** Parameters of queries that weigh. */
export const ofDrawn = eachDrawn(() => z.bigint());

/**
 * What a row weighs: the hash of its names, times its amounts, each with a weight of its own, modulo 2⁶⁴. Rows of the same names weigh
 * together what their sum weighs, so facts and their cells come to the same and neither have to be grouped: that is a third of the time.
 *
 * Each name is hashed by itself, with a key, which the engine does once for each different one and not for each row; a controller has its own on
 * most rows, so it has a hash without a key, which is several times as fast. What is not seen: a controller renamed to one made up to have the same
 * CityHash, and, since an amount counts with its lower 64 bits, changes that cancel out and are multiples of 18,446,744.073709551616.
 */
function weightOf({ day, facts }: { readonly day: string; readonly facts: string }): {
  names: string;
  row: string;
} {
  let at = 0;
  const drawn = (): string => `{drawn${at++}:UInt64}`;
  const hashes = CELL_NAMES.map((name) =>
    name === "controller"
      ? `cityHash64(${name}) * ${drawn()} + ${drawn()}`
      : `sipHash64Keyed((${drawn()}, ${drawn()}), ${name})`,
  );
  const names = `intHash64(${[...hashes, `toUInt64(${day}) * ${drawn()}`].join(" + ")})`;
  const amounts = CELL_AMOUNTS.map((amount) => `reinterpretAsUInt64(${amount}) * ${drawn()}`);
  return { names, row: `${names} * (${[...amounts, `${facts} * ${drawn()}`].join(" + ")})` };
}

const FACT = weightOf({ day: "toDate(charge_period_start)", facts: "1" });
export const FACT_WEIGHT = FACT.row;
/** How many cells facts would be, within a few percent. */
export const CELLS_OF_FACTS = `uniq(${FACT.names})`;
export const CELL_WEIGHT = weightOf({ day: "charge_day", facts: "fact_count" }).row;
