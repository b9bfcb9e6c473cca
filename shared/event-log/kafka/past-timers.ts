const EMIT = process.emitWarning.bind(process) as (...args: unknown[]) => void;

/**
 * kafkajs sets timers to moments that are past, which Node.js takes for at once; from release 24 on it warns of the first one, in the middle of a command's answer
 * (tulios/kafkajs#1751). Nobody can act on that; every other warning is said.
 */
export function keepQuietAboutPastTimers(): void {
  process.emitWarning = (...args: unknown[]): void => {
    if (args[1] !== "TimeoutNegativeWarning") EMIT(...args);
  };
}
