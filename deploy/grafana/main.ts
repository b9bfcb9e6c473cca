// Writes dashboards/*.json. With --check it only says whether they are what the code makes; --currency EUR for a deployment in another one.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { dashboards, dashboardText } from "./dashboards.js";

const { values } = parseArgs({
  options: { check: { type: "boolean", default: false }, currency: { type: "string", default: "USD" } },
});
if (!/^[A-Z]{3}$/.test(values.currency))
  throw new Error(`--currency: "${values.currency}" is not three letters such as USD`);

const FOLDER = fileURLToPath(new URL("../dashboards/", import.meta.url));
const stale: string[] = [];
mkdirSync(FOLDER, { recursive: true });
for (const [name, dashboard] of dashboards(values.currency)) {
  const [file, text] = [`${FOLDER}${name}.json`, dashboardText(dashboard)];
  if (!values.check) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) stale.push(`deploy/grafana/dashboards/${name}.json`);
}
if (stale.length > 0) {
  process.stderr.write(`${stale.join(" and ")} are not what the code makes: run npm run dashboards\n`);
  process.exitCode = 1;
}
