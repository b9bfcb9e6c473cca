import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadConfig, type ApportionConfig } from "../config.js";
import type { CommandContext } from "./context.js";

export const DEFAULT_CONFIG_FILE = "apportion.yaml";

/** Options of every command. */
export interface CommonOptions {
  /** Absent when the user did not say. */
  readonly config?: string;
  readonly data: string;
  readonly json?: boolean;
}

/** The file that was named, else `apportion.yaml` here, else the one that the demo left in the data folder. */
export function configFileOf(options: CommonOptions): string {
  if (options.config !== undefined) return options.config;
  const beside = join(options.data, DEFAULT_CONFIG_FILE);
  return !existsSync(DEFAULT_CONFIG_FILE) && existsSync(beside) ? beside : DEFAULT_CONFIG_FILE;
}

/** With the secrets of all sections, or of some only. @throws ConfigError */
export function loadCommandConfig(
  context: CommandContext,
  options: CommonOptions,
  secretsOf?: readonly string[],
): ApportionConfig {
  return loadConfig(configFileOf(options), context.env, secretsOf);
}
