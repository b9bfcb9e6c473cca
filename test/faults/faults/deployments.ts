import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { runCommand } from "../command.js";
import type { Deployment } from "../deployment.js";
import type { Fault } from "../fault.js";
import { between, pick, type Random } from "../random.js";

/** The deployment's own configuration on another database, and perhaps under another prefix. */
function otherConfig(deployment: Deployment, other: { database: string; prefix?: string }): string {
  const config = parse(readFileSync(deployment.configFile("allocator"), "utf8")) as Record<string, object>;
  const file = join(deployment.folder, `${other.database}.yaml`);
  const eventLog = { ...config["eventLog"], ...(other.prefix !== undefined && { prefix: other.prefix }) };
  const clickhouse = { ...config["clickhouse"], database: other.database };
  writeFileSync(file, stringify({ ...config, eventLog, clickhouse }));
  return file;
}

async function dropDatabase({ clickhouse }: Deployment, database: string): Promise<void> {
  await clickhouse.command({ query: `DROP DATABASE IF EXISTS ${database}` });
}

const REFUSED_MAX_MS = 30_000;

/** Somebody starts a second deployment and forgets to give it a prefix of its own. */
async function startSecond(deployment: Deployment, random: Random): Promise<() => Promise<void>> {
  const database = `second_${between(random, 0, 999_999)}`;
  const configFile = otherConfig(deployment, { database });
  const service = pick(random, ["allocator", "notifier"]);
  const { code, output } = await runCommand(deployment, ["up", "--service", service], {
    configFile,
    killAfterMs: REFUSED_MAX_MS,
  });
  return async () => {
    await dropDatabase(deployment, database);
    if (code === null) throw new Error(`A second deployment ran on the prefix of the first: ${output}`);
    if (!output.includes(database))
      throw new Error(`A second deployment ended without a word about its database: ${output}`);
  };
}

const KILLS = 4;
const KILLED_AFTER_MS = [600, 4_000] as const;

/** A first start is killed over and over while it makes topics and tables; the last one is left alone. */
async function interruptMigrations(deployment: Deployment, random: Random): Promise<() => Promise<void>> {
  const database = `fresh_${between(random, 0, 999_999)}`;
  const configFile = otherConfig(deployment, { database, prefix: `${database}-` });
  for (let kill = 0; kill < KILLS; kill += 1)
    await runCommand(deployment, ["migrate"], {
      configFile,
      killAfterMs: between(random, ...KILLED_AFTER_MS),
    });
  return async () => {
    const { code, output } = await runCommand(deployment, ["migrate"], { configFile });
    if (code !== 0) throw new Error(`Migrations that were interrupted do not go on (${code}): ${output}`);
    const [fresh, own] = await Promise.all(
      [database, deployment.database].map((of) => columnsOf(deployment, of)),
    );
    if (fresh !== own)
      throw new Error(`Migrations that were interrupted ended in other tables: ${fresh} and not ${own}`);
    await dropDatabase(deployment, database);
    await deployment.stage.withAdmin(async (admin) => {
      const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${database}-`));
      await admin.deleteTopics({ topics });
    });
  };
}

async function columnsOf(deployment: Deployment, database: string): Promise<string> {
  const rows = await deployment.rows(
    `SELECT table, name, type, comment FROM system.columns WHERE database = '${database}' ORDER BY table, position`,
  );
  return JSON.stringify(rows);
}

export const DEPLOYMENT_FAULTS: readonly Fault[] = [
  { name: "a second deployment on the same prefix", share: 1, holdMs: [0, 0], inject: startSecond },
  { name: "migrations interrupted", share: 1, holdMs: [0, 0], inject: interruptMigrations },
];
