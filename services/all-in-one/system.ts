import type { Collector } from "@apportion/readings/collector";
import type { Allocator } from "@apportion/allocator/service";
import { allocatorEntry } from "@apportion/allocator/main";
import { billEntry } from "@apportion/collector-bill/main";
import { kubecostEntry } from "@apportion/collector-kubecost/main";
import { networkEntry } from "@apportion/collector-network/main";
import { s3Entry } from "@apportion/collector-s3/main";
import { usageEntry } from "@apportion/collector-usage/main";
import { notifierEntry } from "@apportion/notifier/main";
import type { Notifier } from "@apportion/notifier/service";
import type { z } from "zod";
import type { ServiceEntry } from "@apportion/platform/entry";
import { openPlatform, type Platform } from "@apportion/platform/platform";
import type { Health } from "@apportion/runtime/health";
import type { Logger } from "@apportion/runtime/logger";
import type { Clock, Service } from "@apportion/runtime/service";
import { partOwnersOf, withDerivedReadings, type ApportionConfig } from "./config.js";

/** All services of a configuration over one platform. They are made, not started: the command decides what runs. */
export interface System {
  readonly platform: Platform;
  readonly collectors: readonly Collector[];
  readonly allocator: Allocator;
  /** Absent when the configuration has no `notifier` section: then nobody is told anything. */
  readonly notifier: Notifier | undefined;
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
}

export async function openSystem(given: ApportionConfig, options: SystemOptions): Promise<System> {
  const config = withDerivedReadings(given);
  const platform = await openPlatform(config, platformOptions(config, options, true));
  try {
    const collectors: Collector[] = [];
    if (config.kubecost) collectors.push(await kubecostEntry.create(config.kubecost, platform));
    if (config.s3) collectors.push(await s3Entry.create(config.s3, platform));
    if (config.network) collectors.push(await networkEntry.create(config.network, platform));
    if (config.bill) collectors.push(await billEntry.create(config.bill, platform));
    if (config.usage) collectors.push(await usageEntry.create(config.usage, platform));
    const allocator = await allocatorEntry.create(config.allocation, platform);
    const notifier = config.notifier && (await notifierEntry.create(config.notifier, platform));
    const services = [...(notifier ? [notifier] : []), allocator, ...collectors];
    return { platform, collectors, allocator, notifier, services };
  } catch (error) {
    await platform.close();
    throw error;
  }
}

function platformOptions(
  config: ApportionConfig,
  options: SystemOptions,
  needsClickHouse: boolean,
): Parameters<typeof openPlatform>[1] {
  const partOwners = partOwnersOf(config);
  return { ...options, needsClickHouse, partOwners };
}

/** Every service, configured or not. */
export const SERVICE_ENTRIES = [
  kubecostEntry,
  s3Entry,
  networkEntry,
  billEntry,
  usageEntry,
  allocatorEntry,
  notifierEntry,
] as const;
type Entry = (typeof SERVICE_ENTRIES)[number];

/** @throws UnknownServiceError */
export function serviceEntry(name: string): Entry {
  const found = SERVICE_ENTRIES.find((entry) => entry.name === name);
  if (!found) throw new UnknownServiceError(name);
  return found;
}

/** Sections whose secrets a process with this service alone needs. */
export function secretSectionsOf({ section, uses }: Entry): string[] {
  return ["eventLog", section, ...uses];
}

/** One service alone, for a deployment with a process for each. Only what it needs is opened. */
export async function openService(
  given: ApportionConfig,
  entry: Entry,
  options: SystemOptions,
): Promise<{ platform: Platform; service: Service }> {
  const config = withDerivedReadings(given);
  const needsClickHouse = entry.uses.some((use) => use === "clickhouse");
  const platform = await openPlatform(config, platformOptions(config, options, needsClickHouse));
  try {
    // Each entry is given its own section; that is beyond what a union of entries can say.
    const chosen = entry as ServiceEntry<string, z.ZodType, Service>;
    return { platform, service: await chosen.create(config[entry.section], platform) };
  } catch (error) {
    await platform.close();
    throw error;
  }
}

export class UnknownServiceError extends Error {
  readonly code = "USAGE";
  constructor(name: string) {
    super(
      `There is no service "${name}"; there are ${SERVICE_ENTRIES.map((entry) => entry.name).join(", ")}`,
    );
  }
}
