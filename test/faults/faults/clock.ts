import { writeFileSync } from "node:fs";
import type { Fault } from "../fault.js";
import { faketimeLibrary } from "../machine.js";
import { between, pick } from "../random.js";

const STEP_MINUTES = [5, 90] as const;
const library = faketimeLibrary();

/** A machine's clock is wrong for a while, and then set right. Every service has a clock of its own. */
const stepped = (direction: "back" | "forward"): Fault => ({
  name: `clock of a service stepped ${direction}`,
  share: 1,
  holdMs: [2_000, 5_000],
  ...(library === undefined && { missing: "libfaketime is not installed (Debian's package faketime)" }),
  async inject({ clockFiles }, random) {
    const file = clockFiles[pick(random, ["allocator", "notifier", "collector-kubecost"])];
    const minutes = between(random, ...STEP_MINUTES);
    writeFileSync(file, `${direction === "back" ? "-" : "+"}${minutes}m\n`);
    return async () => writeFileSync(file, "+0\n");
  },
});

export const CLOCK_FAULTS: readonly Fault[] = [stepped("back"), stepped("forward")];
