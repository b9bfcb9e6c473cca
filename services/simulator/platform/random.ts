import { hash } from "node:crypto";

/** A number in [0, 1) that depends on nothing but its names: the platform is computed, never stored. */
export function chance(seed: number, ...names: readonly (string | number)[]): number {
  return hash("sha1", [seed, ...names].join("\u0000"), "buffer").readUInt32BE(0) / 2 ** 32;
}

/** 1 ± `spread`, e.g. 0.9 … 1.1. */
export function noise(spread: number, seed: number, ...names: readonly (string | number)[]): number {
  return 1 - spread + 2 * spread * chance(seed, ...names);
}
