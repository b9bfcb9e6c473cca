import { parseArgs } from "node:util";
import { runCampaign } from "./campaign.js";
import { FAULTS } from "./families.js";
import { tableOf } from "./table.js";

/** `npm run faults -- [--seed N] [--count M] [--only REGEXP]`: a campaign, and its table on standard output. */
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "100" },
    only: { type: "string", default: "" },
  },
});
const say = (line: string): boolean => process.stderr.write(`${line}\n`);
// Processes that it started are ended when it exits.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const campaign = await runCampaign({
  seed: Number(values.seed),
  count: Number(values.count),
  faults: FAULTS.filter(({ name }) => new RegExp(values.only).test(name)),
  day: new Date().toISOString().slice(0, 10),
  say,
});
process.stdout.write(`${tableOf(campaign.results, campaign.leftOut)}\n`);
for (const { kind, where, what } of campaign.differences.slice(0, 50)) say(`${kind} in ${where}: ${what}`);
const failed = campaign.results.filter(({ verdict }) => verdict !== "recovered").length;
say(
  `${failed} of ${campaign.results.length} faults not recovered, ${campaign.differences.length} differences`,
);
process.exitCode = failed + campaign.differences.length === 0 ? 0 : 1;
