const FIRST_PAUSE_MS = 100;
const PAUSE_MAX_MS = 30_000;

/** Pause before a batch is delivered again, growing with the failures in a row: 0.1 s, 0.2 s … 30 s. */
export function redeliveryPauseMs(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), PAUSE_MAX_MS);
}
