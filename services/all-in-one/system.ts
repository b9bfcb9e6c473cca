import { resolve } from "node:path";
import { advisorEntry } from "@apportion/advisor/entry";
import { allocatorEntry } from "@apportion/allocator/entry";
import { intakeEntry } from "@apportion/intake/entry";
import { ledgerEntry } from "@apportion/ledger/entry";
import { explorerEntry } from "@apportion/explorer/entry";
import { reportSettingsOf } from "@apportion/notifier/config";
import { notifierEntry } from "@apportion/notifier/entry";
import type { Explorer } from "@apportion/explorer/service";
import type { Notifier } from "@apportion/notifier/service";
import type { RunningProcess } from "@apportion/platform/beside/beside";
import { openPlatform, type Platform } from "@apportion/platform/platform";
import type { Collector } from "@apportion/readings/collector";
import type { Health } from "@apportion/runtime/health";
import type { Logger } from "@apportion/runtime/logger";
import type { Clock, Service } from "@apportion/runtime/service";
import { COLLECTORS, type AnyCollector } from "./collectors.js";
import {
  configuredCollectors,
  dollarOwnersOf,
  sectionOf,
  withDerivedReadings,
  type ApportionConfig,
} from "./config.js";

/** What people decide on its pages is done by the services that own it; they are loaded when somebody first does. */
const explorerOfAll = explorerEntry(async (platform) => (await import("./acts.js")).actsOn(platform));

/** All services of a configuration over one platform. They are made, not started: the command decides what runs. */
export interface System {
  readonly platform: Platform;
  readonly collectors: readonly Collector[];
  readonly intake: Service;
  readonly allocator: Service;
  readonly ledger: Service;
  readonly advisor: Service;
  /** Absent when the configuration has no `notifier` section: then nobody is told anything. */
  readonly notifier: Notifier | undefined;
  readonly explorer: Explorer;
  /** Whether another process runs the services: what is published is handled there. */
  readonly isBeside: boolean;
  /** In the order in which they start: who consumes before who publishes. */
  readonly services: readonly Service[];
}

export interface SystemOptions {
  /** Whether tables of which rows are lost are opened all the same. */
  readonly toleratesDamage?: boolean;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly processId?: string;
  readonly health?: Health;
  /** For services: what is not there is waited for until the signal. */
  readonly patience?: { readonly signal: AbortSignal };
  /** Who runs the services on the folder already. */
  readonly running?: RunningProcess | undefined;
  /** Of this program, where it is to run the services: commands of the same version then work beside it. */
  readonly servesVersion?: string;
}

export async function openSystem(given: ApportionConfig, options: SystemOptions): Promise<System> {
  const config = withDerivedReadings(given);
  const platform = await openPlatform(config, platformOptions(config, options, true));
  try {
    const collectors: Collector[] = [];
    for (const { collector, section } of configuredCollectors(config))
      collectors.push(await collector.create(section, platform));
    const intake = await intakeEntry.create(config.allocation, platform);
    const allocator = await allocatorEntry.create(config.allocation, platform);
    const ledger = await ledgerEntry.create(config.allocation, platform);
    const advisor = await advisorEntry.create(config.allocation, platform);
    const notifier = config.notifier && (await notifierEntry.create(config.notifier, platform));
    const explorer = await explorerOfAll.create(config.explorer, await besideOf(config, options, platform));
    const consumers = [...(notifier ? [notifier] : []), advisor, ledger, allocator, intake];
    const services = [explorer, ...consumers, ...collectors];
    const isBeside = options.running !== undefined;
    return {
      platform,
      collectors,
      intake,
      allocator,
      ledger,
      advisor,
      notifier,
      explorer,
      isBeside,
      services,
    };
  } catch (error) {
    await platform.close();
    throw error;
  }
}

/** The platform with what it does for commands on its folder, where only one process can open that. */
async function besideOf(
  { eventLog, clickhouse, readFrom }: ApportionConfig,
  { servesVersion, dataDir }: SystemOptions,
  platform: Platform,
): Promise<Platform> {
  const holds = { log: eventLog.kind === "embedded", engine: clickhouse.kind === "embedded" };
  if (servesVersion === undefined || !(holds.log || holds.engine)) return platform;
  const { serveBeside } = await import("@apportion/platform/beside/serve");
  const config = { ...readFrom, file: resolve(readFrom.file) };
  return { ...platform, beside: serveBeside(platform, { dataDir, version: servesVersion, config, holds }) };
}

function platformOptions(
  config: ApportionConfig,
  options: SystemOptions,
  needsClickHouse: boolean,
): Parameters<typeof openPlatform>[1] {
  const closeRules = { ...config.allocation.close, isWithoutBill: config.isWithoutBill };
  return {
    ...options,
    needsClickHouse,
    dollarOwners: dollarOwnersOf(config),
    closeRules,
    ...(config.notifier && { reportSettings: reportSettingsOf(config.notifier) }),
  };
}

/** Any service. As with collectors, each is given its own section and nothing else. */
interface Entry extends Pick<AnyCollector, "name" | "section" | "uses"> {
  create(section: never, platform: Platform): Promise<Service>;
}

/** Those that are no collectors. */
const OTHER_ENTRIES: readonly Entry[] = [
  intakeEntry,
  allocatorEntry,
  ledgerEntry,
  advisorEntry,
  notifierEntry,
  explorerOfAll,
];

/** Every service, configured or not. */
export const SERVICE_ENTRIES: readonly Entry[] = [...COLLECTORS, ...OTHER_ENTRIES];

/**
 * `intake,allocator` → both, in the order in which they start.
 * @throws UnknownServiceError
 */
export function serviceEntries(names: string, collectors: readonly AnyCollector[] = COLLECTORS): Entry[] {
  const all = [...collectors, ...OTHER_ENTRIES];
  const wanted = names.split(",").map((name) => serviceEntry(all, name.trim()));
  return all.filter((entry) => wanted.includes(entry)).toReversed();
}

/** @throws UnknownServiceError */
function serviceEntry(all: readonly Entry[], name: string): Entry {
  const found = all.find((entry) => entry.name === name);
  if (!found) throw new UnknownServiceError(name, all);
  return found;
}

/** Sections whose secrets a process with these services alone needs. */
export function secretSectionsOf(entries: readonly Entry[]): string[] {
  return ["eventLog", ...entries.flatMap(({ section, uses }) => [section, ...uses])];
}

/** Some services alone, for a deployment of several processes. Only what they need is opened; what has no section is left out. */
export async function openServices(
  given: ApportionConfig,
  entries: readonly Entry[],
  options: SystemOptions,
): Promise<{ platform: Platform; services: readonly Service[] }> {
  const config = withDerivedReadings(given);
  const needsClickHouse = entries.some(({ uses }) => uses.some((use) => use === "clickhouse"));
  const platform = await openPlatform(config, platformOptions(config, options, needsClickHouse));
  try {
    const services: Service[] = [];
    for (const entry of entries) {
      const section = sectionOf(config, entry);
      if (section !== undefined) services.push(await entry.create(section as never, platform));
    }
    return { platform, services };
  } catch (error) {
    await platform.close();
    throw error;
  }
}

class UnknownServiceError extends Error {
  readonly code = "USAGE";
  constructor(name: string, all: readonly Entry[]) {
    super(`There is no service "${name}"; there are ${all.map((entry) => entry.name).join(", ")}`);
  }
}
