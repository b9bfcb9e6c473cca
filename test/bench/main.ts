import type { Finding } from "./finding.js";

/** Each is loaded when it is asked for. */
const BENCHES: Readonly<Record<string, () => Promise<readonly Finding[]>>> = {
  intake: async () => [await (await import("./intake.js")).benchIntake()],
  kubecost: async () => (await import("./kubecost.js")).benchKubecost(),
  month: async () => (await import("./month.js")).benchMonth(),
  growth: async () => (await import("./growth.js")).benchGrowth(),
  forecast: async () => (await import("./forecast.js")).benchForecast(),
  anomalies: async () => (await import("./anomalies.js")).benchAnomalies(),
  advice: async () => (await import("./advice.js")).benchAdvice(),
  alerts: async () => (await import("./alerts.js")).benchAlerts(),
  reports: async () => (await import("./reports.js")).benchReports(),
  explorer: async () => (await import("./explorer.js")).benchExplorer(),
  demo: async () => (await import("./demo.js")).benchDemo(),
};

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
