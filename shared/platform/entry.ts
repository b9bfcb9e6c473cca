import type { z } from "zod";
import type { ExpectedReading } from "@apportion/registry/allocation";
import type { ConfigCheck } from "@apportion/runtime/config";
import type { Service } from "@apportion/runtime/service";
import type { PlatformConfig } from "./config.js";
import type { OwnedDollars } from "./dollar-owners.js";
import type { Platform } from "./platform.js";

/**
 * A service as the composition root sees it: the section of `apportion.yaml` it reads and how it is made of it. The same
 * entry runs in one process with the others (`apportion up`) or alone (`apportion up --service NAME`).
 */
export interface ServiceEntry<Key extends string, Schema extends z.ZodType, S extends Service> {
  readonly name: string;
  /** Name of its section in `apportion.yaml`. */
  readonly section: Key;
  readonly schema: Schema;
  /** Sections of others whose secrets it needs beside its own and the event log's. */
  readonly uses: readonly ("clickhouse" | "aws")[];
  /** Loads the service's own modules only now: who reads the configuration alone does not wait for clients of AWS or mail servers. */
  create(config: z.output<Schema>, platform: Platform): Promise<S>;
}

/** Keeps the types of the entry; returns it unchanged. */
export function defineEntry<Key extends string, Schema extends z.ZodType, S extends Service>(
  entry: ServiceEntry<Key, Schema, S>,
): ServiceEntry<Key, Schema, S> {
  return entry;
}

/** What a collector has to know of the configuration beyond its own section. */
export interface OtherSections {
  /** Accounts whose bill is read. */
  readonly accounts: readonly string[];
  /** Clusters whose costs are read. */
  readonly clusters: readonly string[];
}

/**
 * A collector as the composition root sees it: all that it needs to know of a source. Everything else follows from it: the section of
 * the configuration and its documentation, when a day is complete, who charges which dollar, `up --service`, `doctor`.
 */
export interface CollectorEntry<
  Key extends string,
  Schema extends z.ZodType,
  S extends Service,
  Written extends z.ZodType = Schema,
> extends ServiceEntry<Key, Schema, S> {
  /** What the section is for, in the documentation. */
  readonly meaning: string;
  /** How the section is written, where it may say more than the collector is given. */
  readonly written?: Written;
  /** Empty for who charges nothing, such as meters. */
  readonly owns: readonly OwnedDollars[];
  /** The readings without which a day is incomplete. */
  readings(section: z.output<Schema>, others: OtherSections): readonly ExpectedReading[];
  /** Clusters whose costs it reads. */
  clusters?(section: z.output<Schema>): readonly string[];
  /** The section with what it leaves to be taken from others. */
  completed?(section: z.output<Schema>, others: OtherSections): z.output<Schema>;
  /** What its schema cannot say, because it depends on other sections. */
  readonly checks?: readonly ConfigCheck<PlatformConfig & { readonly [K in Key]?: z.output<Written> }>[];
}

/** Keeps the types of the entry; returns it unchanged. */
export function defineCollector<
  Key extends string,
  Schema extends z.ZodType,
  S extends Service,
  Written extends z.ZodType = Schema,
>(entry: CollectorEntry<Key, Schema, S, Written>): CollectorEntry<Key, Schema, S, Written> {
  return entry;
}

/** Resolves with the first SIGINT or SIGTERM. A second one ends the process at once, as Node.js does by default. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const signals = ["SIGINT", "SIGTERM"] as const;
    const handler = (signal: NodeJS.Signals): void => {
      for (const name of signals) process.removeListener(name, handler);
      resolve(signal);
    };
    for (const name of signals) process.on(name, handler);
  });
}
