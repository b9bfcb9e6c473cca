import { expect, it } from "vitest";
import { runCampaign } from "./campaign.js";
import { FAULTS } from "./families.js";
import { tableOf } from "./table.js";

/**
 * Any number of faults, and any seed: a campaign that failed is repeated by its seed. Without, as many as the whole of the
 * tests has time for.
 */
const COUNT = Number(process.env["FAULTS"] ?? "6");
const SEED = Number(process.env["SEED"] ?? "2");
/** Guards against hanging, far beyond what it takes: the work without a fault, twice, and each fault. */
const MS_OF_WORK = 360_000;
const MS_PER_FAULT = 60_000;

it(
  `comes back from ${COUNT} faults by itself, with nothing lost and nothing doubled (seed ${SEED})`,
  { timeout: MS_OF_WORK + COUNT * MS_PER_FAULT },
  async ({ onTestFailed }) => {
    const story: string[] = [];
    // What happened, in order, so that a failure can be followed and repeated.
    onTestFailed(() => void process.stderr.write(`${story.join("\n")}\n`));
    const { results, differences, leftOut } = await runCampaign({
      seed: SEED,
      count: COUNT,
      faults: FAULTS,
      day: new Date().toISOString().slice(0, 10),
      say: (line) => void story.push(line),
    });
    process.stdout.write(`${tableOf(results, leftOut)}\n`);
    expect(results.filter(({ verdict }) => verdict !== "recovered")).toEqual([]);
    expect(differences).toEqual([]);
    expect(results).toHaveLength(COUNT);
  },
);
