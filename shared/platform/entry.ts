import type { z } from "zod";
import type { Service } from "@apportion/runtime/service";
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
