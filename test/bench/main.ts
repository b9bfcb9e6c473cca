import { benchDemo } from "./demo.js";
import { benchIntake } from "./intake.js";
import { benchKubecost } from "./kubecost.js";

export interface Finding {
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
  readonly ok: boolean;
}

/** `npm run bench`: what was promised about speed, measured beside its limit. Exit code 1 when a promise is broken. */
const findings = [await benchIntake(), ...(await benchKubecost()), ...(await benchDemo())];
for (const { what, measured, limit, ok } of findings)
  process.stdout.write(`${ok ? "ok  " : "MISS"} ${what}: ${measured} (${limit})\n`);
process.exitCode = findings.every(({ ok }) => ok) ? 0 : 1;
