import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadConfig, type ApportionConfig, type NamedText } from "../config.js";
import { UsageError, type CommandContext } from "./context.js";

const DEFAULT_CONFIG_FILE = "apportion.yaml";

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

/**
 * With the secrets of all sections, or of some only.
 * @throws UsageError when no configuration was named and none is there, ConfigError as `loadConfig`
 */
export function loadCommandConfig(
  context: CommandContext,
  options: CommonOptions,
  secretsOf?: readonly string[],
  budgets?: NamedText,
): ApportionConfig {
  const file = configFileOf(options);
  if (options.config === undefined && !existsSync(file))
    throw new UsageError(
      `There is no ${DEFAULT_CONFIG_FILE} here and none in the folder ${options.data}: name one with --config FILE, or try \`apportion demo --once\``,
    );
  return loadConfig(file, context.env, secretsOf, context.collectors, budgets);
}

/** For commands that only ask: a mistyped --data must not answer from a new, empty folder. */
export function requireData({ clickhouse }: ApportionConfig, { data }: CommonOptions): void {
  if (clickhouse.kind === "embedded" && !existsSync(data))
    throw new UsageError(`--data: there is no folder ${data}; \`collect\`, \`up\` and \`demo\` make one`);
}
