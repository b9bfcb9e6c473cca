import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { defineQuery, select } from "@apportion/clickhouse/query";
import type { EventLog } from "@apportion/event-log/log";
import { decodeEvent, encodeEvent, TOPICS, type DeploymentIdentified } from "@apportion/events/catalogue";
import type { Clock } from "@apportion/runtime/service";
import type { PlatformConfig } from "./config.js";
import {
  ForeignDeploymentError,
  identify,
  identifyByPlace,
  recordThatHolds,
  type Authority,
  type Identity,
  type OurTables,
} from "./identity.js";

/** Others that start at this moment write too; each attempt looks at what came of it. */
const ATTEMPTS_MAX = 5;

const deploymentOfTables = defineQuery({
  name: "deployment of the tables",
  sql: "SELECT deployment_id FROM deployment ORDER BY identified_at, deployment_id LIMIT 1",
  params: z.object({}),
  row: z.object({ deployment_id: z.uuid() }),
});

export interface DeploymentDeps {
  readonly config: PlatformConfig;
  /** Folder of the embedded log and engine. */
  readonly dataDir: string;
  readonly log: EventLog;
  readonly clock: Clock;
}

/**
 * Makes sure that log and tables are of one deployment; what has no id yet gets it. The log is written first: tables without an id
 * take that of the log when they are where it says.
 * @throws ForeignDeploymentError when they are of two
 */
export async function identifyTables(
  deps: DeploymentDeps,
  client: ClickHouse,
  authority: Authority,
): Promise<DeploymentIdentified> {
  const [row] = await select(client, deploymentOfTables, {});
  const tables = { place: whereOf(deps), deploymentId: row?.deployment_id };
  const agreed = await agree(deps, tables, (record) => identify(tables, record, fresh(deps), authority));
  if (agreed.mark) {
    const { deploymentId } = agreed.record;
    const marked = { deployment_id: deploymentId, identified_at: deps.clock().toISOString() };
    await insertRows(client, "deployment", [marked], { token: deploymentId });
  }
  return agreed.record;
}

/** As {@link identifyTables}, for a process that reaches no tables. @throws ForeignDeploymentError */
export async function identifyPlace(deps: DeploymentDeps): Promise<void> {
  const { eventLog, clickhouse } = deps.config;
  // Engine and collectors may be on different machines, where one cannot say which engine is meant.
  if (eventLog.kind === "kafka" && clickhouse.kind === "embedded") return;
  const tables = { place: whereOf(deps), deploymentId: undefined };
  await agree(deps, tables, (record) => identifyByPlace(tables.place, record, fresh(deps)));
}

async function agree(
  deps: DeploymentDeps,
  tables: OurTables,
  decide: (record: DeploymentIdentified | undefined) => Identity,
): Promise<Extract<Identity, { kind: "agreed" }>> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const held = await readRecord(deps.log);
    const decision = decide(held?.record);
    if (decision.kind === "foreign")
      throw new ForeignDeploymentError(logInWords(deps), tables, decision, remedyOf(deps, decision.cause));
    if (!decision.publish && held?.settled) return decision;
    await publishRecord(deps.log, decision.record);
  }
  throw new Error(
    `${logInWords(deps)}: other processes write down whose it is again and again; start them one after the other`,
  );
}

async function readRecord(log: EventLog): Promise<ReturnType<typeof recordThatHolds>> {
  const said: DeploymentIdentified[] = [];
  for await (const { value, position } of log.replay(TOPICS.deployment.name)) {
    const decoded = decodeEvent("deploymentIdentified", value);
    if (!decoded.ok) throw new Error(`${position.topic}, offset ${position.offset}: ${decoded.reason}`);
    said.push(decoded.data);
  }
  return recordThatHolds(said);
}

async function publishRecord(log: EventLog, record: DeploymentIdentified): Promise<void> {
  const { deploymentId, logId, at } = record;
  const event = encodeEvent("deploymentIdentified", record, {
    id: `${logId}/${at}`,
    source: "/apportion/platform",
    key: "deployment",
    subject: deploymentId,
    time: new Date(at),
  });
  await log.publish([event]);
}

function fresh({ clock }: DeploymentDeps) {
  return { deploymentId: randomUUID(), logId: randomUUID(), at: clock() };
}

/** Where the tables are, in words without secrets. */
function whereOf({ config, dataDir }: Pick<DeploymentDeps, "config" | "dataDir">): string {
  const { eventLog, clickhouse } = config;
  // Beside an embedded log there is one engine only, wherever the folder is moved to.
  if (clickhouse.kind === "embedded")
    return eventLog.kind === "embedded" ? "embedded" : `embedded, ${hostname()}:${resolve(dataDir)}`;
  const { protocol, hostname: host, port, pathname } = new URL(clickhouse.url);
  const path = pathname.replace(/\/$/, "");
  return `${host}:${port || (protocol === "https:" ? "443" : "80")}${path}/${clickhouse.database}`;
}

function logInWords({ config: { eventLog }, dataDir }: DeploymentDeps): string {
  if (eventLog.kind === "embedded") return `the event log in ${resolve(dataDir)}`;
  const prefix = eventLog.prefix === "" ? "without a prefix" : `with the prefix "${eventLog.prefix}"`;
  return `the event log ${prefix} on Kafka at ${eventLog.brokers.join(", ")}`;
}

type Cause = Extract<Identity, { kind: "foreign" }>["cause"];

function remedyOf({ config, dataDir }: DeploymentDeps, cause: Cause): string {
  if (config.eventLog.kind === "embedded" && config.clickhouse.kind === "embedded")
    return `Put back the event-log or the clickhouse folder that was in ${resolve(dataDir)} before.`;
  const apart =
    "Two deployments need an eventLog.prefix each (or a folder each where the log is embedded); if it is one, name its database under clickhouse.";
  switch (cause) {
    case "other id":
      return apart;
    case "configured elsewhere":
      return `${apart} If its database was moved, or has another name too, run \`apportion migrate\` with the new configuration first.`;
    case "new tables elsewhere":
      return `${apart} If these new tables are to take the place of those, run \`apportion migrate --replace-database\`.`;
  }
}
