/** Whole percents; undefined of nothing. */
export function percentOf(part: bigint, whole: bigint): number | undefined {
  return whole === 0n ? undefined : Math.round(Number((part * 1000n) / whole) / 10);
}
