import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { runCommand, type Ended } from "../command.js";
import type { Deployment } from "../deployment.js";
import type { Fault } from "../fault.js";
import { between, pick, type Random } from "../random.js";

/** The same platform read by the embedded mode: one process, its log and its tables in a folder. */
interface Embedded {
  readonly dataFolder: string;
  run(args: readonly string[], killAfterMs?: number): Promise<Ended>;
}

function embeddedIn(deployment: Deployment, name: string): Embedded {
  const { folder } = deployment;
  const dataFolder = join(folder, name);
  const configFile = join(folder, "embedded.yaml");
  const {
    eventLog: _,
    clickhouse: __,
    ...config
  } = parse(readFileSync(deployment.configFile("allocator"), "utf8")) as Record<string, unknown>;
  writeFileSync(configFile, stringify(config));
  return {
    dataFolder,
    run: (args, killAfterMs) =>
      runCommand(deployment, args, {
        configFile,
        dataFolder,
        ...(killAfterMs !== undefined && { killAfterMs }),
      }),
  };
}

const DAY_MS = 86_400_000;

/** Yesterday does not change any more while a campaign lasts. */
function readYesterday({ day }: Deployment): string[] {
  const yesterday = new Date(Date.parse(day) - DAY_MS).toISOString().slice(0, 10);
  return ["collect", "--from", yesterday, "--to", day, "--source", "kubecost"];
}

const CHARGED =
  "SELECT toString(sum(toDecimal256(amount, 12))) AS charged, count() AS lines FROM current_allocations";

const KILLS = 3;
const KILLED_AFTER_MS = [1_000, 9_000] as const;

async function killed(deployment: Deployment, random: Random): Promise<() => Promise<void>> {
  const embedded = embeddedIn(deployment, `embedded-${between(random, 0, 999_999)}`);
  for (let kill = 0; kill < KILLS; kill += 1)
    await embedded.run(readYesterday(deployment), between(random, ...KILLED_AFTER_MS));
  return async () => {
    await expectDone(await embedded.run(readYesterday(deployment)));
    const { output } = await embedded.run(["sql", CHARGED, "--format", "JSONEachRow"]);
    const undisturbed = await (await whole(deployment)).run(["sql", CHARGED, "--format", "JSONEachRow"]);
    rmSync(embedded.dataFolder, { recursive: true, force: true });
    if (output !== undisturbed.output)
      throw new Error(
        `The embedded mode ended in ${output} after kills, and in ${undisturbed.output} without`,
      );
  };
}

/** A folder that was never disturbed, made when it is first needed. */
async function whole(deployment: Deployment): Promise<Embedded> {
  const embedded = embeddedIn(deployment, "embedded-whole");
  if (!existsSync(embedded.dataFolder)) await expectDone(await embedded.run(readYesterday(deployment)));
  return embedded;
}

async function expectDone({ code, output }: Ended): Promise<void> {
  if (code !== 0) throw new Error(`The embedded mode did not do its work (${code}): ${output}`);
}

/** Largest first: those hold rows. */
function filesOf(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted((a, b) => statSync(b).size - statSync(a).size);
}

const DAMAGES = { tables: ["clickhouse/store", ".bin"], log: ["event-log", ".lmdb"] } as const;

/** A disk that lost the end of a file. Going on with what is left would be silent loss, so it has to refuse, and say so. */
const damaged = (what: keyof typeof DAMAGES): Fault => ({
  name: `embedded mode with its ${what} truncated`,
  share: 1,
  holdMs: [0, 0],
  async inject(deployment, random) {
    const damagedOne = embeddedIn(deployment, `embedded-${between(random, 0, 999_999)}`);
    cpSync((await whole(deployment)).dataFolder, damagedOne.dataFolder, {
      recursive: true,
      verbatimSymlinks: true,
    });
    const [folder, ending] = DAMAGES[what];
    const [file] = filesOf(join(damagedOne.dataFolder, folder), ending);
    if (file === undefined) throw new Error(`There is no file *${ending} in ${folder}`);
    const size = statSync(file).size;
    truncateSync(file, Math.floor(size * pick(random, [0.2, 0.5, 0.8])));
    return async () => {
      const { code, output } = await damagedOne.run(readYesterday(deployment));
      rmSync(damagedOne.dataFolder, { recursive: true, force: true });
      if (code === 0) throw new Error(`It went on with ${file} truncated: ${output}`);
      if (code === null || !/damaged|broken|truncated/i.test(output))
        throw new Error(`It ended (${code}) without saying that ${file} is damaged: ${output}`);
    };
  },
});

export const EMBEDDED_FAULTS: readonly Fault[] = [
  { name: "embedded mode killed", share: 1, holdMs: [0, 0], inject: killed },
  damaged("tables"),
  damaged("log"),
];
