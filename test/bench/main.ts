import { benchAnomalies } from "./anomalies.js";
import { benchAdvice } from "./advice.js";
import { benchDemo } from "./demo.js";
import type { Finding } from "./finding.js";
import { benchForecast } from "./forecast.js";
import { benchGrowth } from "./growth.js";
import { benchIntake } from "./intake.js";
import { benchKubecost } from "./kubecost.js";
import { benchMonth } from "./month.js";

const BENCHES = {
  intake: async () => [await benchIntake()],
  kubecost: benchKubecost,
  month: benchMonth,
  growth: benchGrowth,
  forecast: benchForecast,
  anomalies: benchAnomalies,
  advice: benchAdvice,
  demo: benchDemo,
} as const;

/** `npm run bench [-- NAME …]`: what was promised about speed, measured beside its limit. Exit code 1 when a promise is broken. */
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in BENCHES));
if (unknown.length > 0)
  throw new Error(`There is no bench ${unknown.join(", ")}; there are ${Object.keys(BENCHES).join(", ")}`);
const findings: Finding[] = [];
for (const [name, bench] of Object.entries(BENCHES))
  if (wanted.length === 0 || wanted.includes(name)) findings.push(...(await bench()));
for (const { what, measured, limit, ok } of findings)
  process.stdout.write(`${ok ? "ok  " : "MISS"} ${what}: ${measured} (${limit})\n`);
process.exitCode = findings.every(({ ok }) => ok) ? 0 : 1;
