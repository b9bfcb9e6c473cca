import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { createAdvisor } from "@apportion/advisor/service";
import { createRequestHandler } from "@apportion/allocator/request-handler";
import { createAllocator } from "@apportion/allocator/service";
import { billEntry } from "@apportion/collector-bill/entry";
import { createIntake } from "@apportion/intake/service";
import { createLedger } from "@apportion/ledger/service";
import type { AllocationRules } from "@apportion/books/runs/inputs";
import type { ClickHouse } from "@apportion/clickhouse/client";
import type { CostFactRow, Reading } from "@apportion/domain/facts";
import { billingPeriodOf, chargePeriodOf, parseDay } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { EventLog, LogMessage } from "@apportion/event-log/log";
import { allocationRequest } from "@apportion/events/allocation-requests";
import { encodeEvent, TOPICS } from "@apportion/events/catalogue";
import { encodeChunks } from "@apportion/events/chunk";
import { prepareSnapshot } from "@apportion/events/snapshot";
import { platformConfig } from "@apportion/platform/config";
import { dollarOwners, type DollarOwners } from "@apportion/platform/dollar-owners";
import { openPlatform, type Platform } from "@apportion/platform/platform";
import {
  ADVISOR_GROUP,
  ALLOCATION_GROUP,
  GROUP_TOPICS,
  INTAKE_GROUP,
  LEDGER_GROUP,
} from "@apportion/recovery/groups";
import type { Recovery } from "@apportion/recovery/recovery";
import { allocationConfig } from "@apportion/registry/allocation";
import { toRegistry } from "@apportion/registry/config";
import { silentLogger } from "@apportion/runtime/logger";
import { startAll, type Service } from "@apportion/runtime/service";
import { madeOnce } from "./made-once.js";
import { migratedFolder } from "./migrated-folder.js";

/** For tests: the real embedded log and engine in a folder of their own, and intake, allocator and ledger on them. */
export interface TestPlatform {
  readonly platform: Platform;
  readonly clickhouse: ClickHouse;
  readonly log: EventLog;
  /** New ones with these policies and this registry, not started. */
  services(overrides?: Overrides): TestServices;
  /** Runs one after the other until nothing is left to do. */
  settle(overrides?: Overrides): Promise<void>;
  /** Runs the advisor until it has looked at all that is sealed. */
  advise(overrides?: Overrides): Promise<void>;
  rows(sql: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** Each by itself, and all of them together. */
export interface TestServices extends Service {
  readonly intake: Service;
  readonly allocator: Service;
  readonly ledger: Service;
  /** Not among those that run together: most tests have nothing to forecast. */
  readonly advisor: Service;
}

interface Overrides {
  readonly now?: string;
  readonly policies?: z.input<typeof allocationConfig>["policies"];
  /** Beyond MLflow's runs. */
  readonly expectedReadings?: z.input<typeof allocationConfig>["expectedReadings"];
  readonly betweenServices?: z.input<typeof allocationConfig>["betweenServices"];
  readonly registry?: Registry;
  /** Sources that charge a part of every account's bill; by default none. */
  readonly partOwners?: readonly string[];
}

/** On whose bill all clusters are. */
export const ACCOUNT = "111122223333";

const sections = z.object(platformConfig);
const SECTIONS: z.input<typeof sections> = {
  teams: ["a", "b", "c"].map((id) => ({ id, costCenter: `cc-${id}` })),
  sharedServices: [{ id: "mlflow", owns: [{ namespace: "platform-shared", controller: "mlflow*" }] }],
  aws: { accounts: [ACCOUNT] },
};
const CONFIG = sections.parse(SECTIONS);

/** Who is who under a configuration that has these sections instead of the platform's own. */
export function registryWith(others: Partial<z.input<typeof sections>>): Registry {
  return toRegistry(sections.parse({ ...SECTIONS, ...others }), ACCOUNT);
}

export const MLFLOW_BY_RUNS = [
  {
    pool: "mlflow",
    methods: [{ kind: "usage" as const, meter: "mlflow.runs" }, { kind: "proportional" as const }],
  },
];

/** The bill is there, and some sources that charge a part of it. */
function ownersOf(parts: readonly string[]): DollarOwners {
  const owned = parts.map((source) => ({ source, billOf: (account: string) => account }));
  const expected = parts.map((source) => ({ dataset: "cost" as const, source, scope: ACCOUNT }));
  return dollarOwners([...billEntry.owns, ...owned], expected, {});
}

/** With empty tables. */
export async function openTestPlatform(): Promise<TestPlatform> {
  return openCopy(await migratedFolder());
}

/** In a state that several tests begin with: brought there once in a run of the tests, and copied. */
export async function openBrought(
  state: string,
  bring: (test: TestPlatform) => Promise<unknown>,
): Promise<TestPlatform> {
  const made = madeOnce(state, async (folder) => {
    copyFolder(await migratedFolder(), folder);
    const test = await openIn(folder);
    try {
      await bring(test);
    } finally {
      await test.platform.close();
    }
  });
  return openCopy(await made);
}

function openCopy(of: string): Promise<TestPlatform> {
  const dataDir = mkdtempSync(join(tmpdir(), "apportion-pipeline-"));
  copyFolder(of, dataDir);
  return openIn(dataDir);
}

/** The engine's folder has links within itself. */
function copyFolder(from: string, to: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
}

/** Whether the tables are whole is asked when intake starts; what starts after it, in the same breath, need not ask again. */
const lookedAt = (recovery: Recovery): Recovery => ({ ...recovery, whenWhole: (service) => service });

async function openIn(dataDir: string): Promise<TestPlatform> {
  const platform = await openPlatform(CONFIG, { dataDir, clock: () => new Date(), logger: silentLogger });
  const clickhouse = await platform.clickhouse();
  const recovery = await platform.recovery();
  const services = ({
    now = "2026-11-24T00:00:00Z",
    policies = MLFLOW_BY_RUNS,
    expectedReadings = [],
    betweenServices = [],
    registry = platform.registry,
    partOwners = [],
    isLookedAt = false,
  }: Overrides & { readonly isLookedAt?: boolean } = {}): TestServices => {
    const deps = {
      ...platform,
      clickhouse,
      recovery,
      registry,
      dollarOwners: ownersOf(partOwners),
      clock: () => new Date(now),
    };
    const config = allocationConfig.parse({
      policies,
      expectedReadings: [
        { dataset: "usage", source: "mlflow", scope: "mlflow", meter: "mlflow.runs" },
        ...expectedReadings,
      ],
      betweenServices,
    });
    const intake = createIntake({ ...deps, sanity: config.sanity });
    const later = { ...deps, ...(isLookedAt && { recovery: lookedAt(recovery) }) };
    const allocator = createAllocator(later, config);
    const ledger = createLedger(later);
    const advisor = createAdvisor(deps);
    let running: { stop(): Promise<void> } | undefined;
    return {
      name: "intake, allocator and ledger",
      intake,
      allocator,
      ledger,
      advisor,
      async start() {
        running = await startAll([ledger, allocator, intake]);
      },
      async stop() {
        await running?.stop();
      },
    };
  };
  const settleOne = async (service: Service, group: string): Promise<void> => {
    await service.start();
    for (const topic of GROUP_TOPICS[group] ?? []) await caughtUp(platform.log, group, topic);
    await service.stop();
  };
  return {
    platform,
    clickhouse,
    log: platform.log,
    services,
    async settle(overrides) {
      const { intake, allocator, ledger } = services({ ...overrides, isLookedAt: true });
      await settleOne(intake, INTAKE_GROUP);
      await settleOne(allocator, ALLOCATION_GROUP);
      await settleOne(ledger, LEDGER_GROUP);
    },
    async advise(overrides) {
      await settleOne(services(overrides).advisor, ADVISOR_GROUP);
    },
    async rows(sql) {
      const answer = await clickhouse.query({ query: sql, format: "JSONEachRow" });
      return answer.json<Record<string, unknown>>();
    },
    async close() {
      await platform.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export const READ_AT = "2026-11-23T06:00:00Z";

/** The messages of a reading as a collector publishes them: chunks, then the seal. */
export async function messagesOf(
  reading: Reading,
  readAt = READ_AT,
  currency = "USD",
): Promise<LogMessage[]> {
  const snapshot = prepareSnapshot(reading, new Date(readAt), currency);
  const chunks = await encodeChunks(snapshot, "/test");
  const seal = { ...snapshot.seal, chunkCount: chunks.length };
  return [
    ...chunks,
    encodeEvent("snapshotSealed", seal, {
      id: `${seal.snapshotId}/seal`,
      source: "/test",
      key: `${seal.source}/${seal.scope}`,
      subject: "test",
      time: new Date(readAt),
    }),
  ];
}

/** The message that a reading, published when it was read at `firstReadAt`, was made again without a change. */
export function confirmationOf(
  reading: Reading,
  firstReadAt: string,
  readAt: string,
  finality: Reading["finality"] = "final",
): LogMessage {
  const { seal } = prepareSnapshot(reading, new Date(firstReadAt), "USD");
  const { dataset, source, scope, chargePeriod, snapshotId, contentHash } = seal;
  return encodeEvent(
    "readingConfirmed",
    { dataset, source, scope, chargePeriod, snapshotId, contentHash, readAt, finality },
    {
      id: `${snapshotId}/confirmed/${readAt}`,
      source: "/test",
      key: `${source}/${scope}`,
      subject: "test",
      time: new Date(readAt),
    },
  );
}

export async function publish(log: EventLog, reading: Reading, readAt?: string): Promise<void> {
  await publishAll(log, [reading], readAt);
}

/** At once: a month of readings is one wait for the disk. */
export async function publishAll(
  log: EventLog,
  readings: readonly Reading[],
  readAt?: string,
): Promise<void> {
  await log.publish((await Promise.all(readings.map((reading) => messagesOf(reading, readAt)))).flat());
}

/** A guard against hanging, not a limit of speed: a month of days takes its time on a machine that others use too. */
const CAUGHT_UP_MS_MAX = 60_000;

/** Polls with a deadline: a group that never catches up fails the test with its lag. */
export async function caughtUp(log: EventLog, group: string, topic: string): Promise<void> {
  const deadline = Date.now() + CAUGHT_UP_MS_MAX;
  for (let lag = await log.lag(group, [topic]); lag > 0; lag = await log.lag(group, [topic])) {
    if (Date.now() > deadline) throw new Error(`${group} is ${lag} messages behind`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The engine as somebody sees it to whom something happens right before it does one thing for the first time. */
export function beforeCall<M extends "query" | "insert" | "command">(
  clickhouse: ClickHouse,
  method: M,
  isIt: (args: Parameters<ClickHouse[M]>[0]) => boolean,
  happens: () => Promise<unknown>,
): ClickHouse {
  let due = true;
  return new Proxy(clickhouse, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (args: Parameters<ClickHouse[M]>[0]) => {
        if (name === method && due && isIt(args)) {
          due = false;
          await happens();
        }
        return Reflect.apply(value, target, [args]) as unknown;
      };
    },
  });
}

/** What of it concerns closed months, the ledger posts. */
export async function correctClosed(test: TestPlatform): Promise<void> {
  const { ledger } = test.services();
  await ledger.start();
  await caughtUp(test.log, LEDGER_GROUP, TOPICS.allocations.name);
  await ledger.stop();
}

/** An allocator that is asked for days, without the log in between. */
export function askFor(
  { platform, clickhouse }: Pick<TestPlatform, "platform" | "clickhouse">,
  rules: AllocationRules,
  days: readonly string[],
): Promise<unknown> {
  const deps = { ...platform, clickhouse, clock: () => new Date(0) };
  const inOrder = days.map(parseDay);
  const [first] = inOrder;
  if (first === undefined) throw new Error("an allocator is asked for a day at least");
  const request = allocationRequest(billingPeriodOf(first), inOrder, "test", new Date(0));
  const message = { ...request, position: { topic: request.topic, partition: 0, offset: "0" } };
  return createRequestHandler(deps, () => rules)([message], new AbortController().signal);
}

const EMPTY: CostFactRow = {
  kind: "workload",
  cluster: "one",
  namespace: "",
  controller_kind: "deployment",
  controller: "",
  team_label: "",
  cost_center: "",
  usage_type: "",
  cpu_cost: "0",
  gpu_cost: "0",
  ram_cost: "0",
  pv_cost: "0",
  load_balancer_cost: "0",
  network_cost_info: "0",
  effective_cost: "0",
  billed_cost: "0",
  cpu_core_hours: "0",
  gpu_hours: "0",
  ram_gib_hours: "0",
};

/** A workload whose whole cost is CPU. */
export function cpu(amount: string, row: Partial<CostFactRow>): CostFactRow {
  return { ...EMPTY, cpu_cost: amount, effective_cost: amount, billed_cost: amount, ...row };
}

export function costReading(day: string, rows: readonly CostFactRow[], scope = "one"): Reading<"cost"> {
  return {
    key: { dataset: "cost", source: "kubecost", scope, chargePeriod: chargePeriodOf(parseDay(day)) },
    rows,
    finality: "provisional",
  };
}

/** The bill of a day as it says what Kubernetes cost, and nothing else. */
export function billReading(day: string, kubernetes: string, account = ACCOUNT): Reading<"bill"> {
  return {
    key: { dataset: "bill", source: "aws-bill", scope: account, chargePeriod: chargePeriodOf(parseDay(day)) },
    rows: [
      {
        service: "Amazon Elastic Compute Cloud - Compute",
        usage_type: "EU-BoxUsage:m6i.4xlarge",
        record_type: "Usage",
        owner: "kubecost",
        billed_cost: kubernetes,
        amortized_cost: kubernetes,
        effective_cost: kubernetes,
        usage_quantity: "24",
      },
    ],
    finality: "final",
  };
}

export function runsReading(day: string, runs: Readonly<Record<string, number>>): Reading<"usage"> {
  return {
    key: { dataset: "usage", source: "mlflow", scope: "mlflow", chargePeriod: chargePeriodOf(parseDay(day)) },
    rows: Object.entries(runs).map(([team, count]) => ({
      meter: "mlflow.runs",
      unit: "runs",
      team_label: team,
      namespace: "",
      quantity: String(count),
    })),
    finality: "provisional",
  };
}
