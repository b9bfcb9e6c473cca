import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import type { RunningProcess } from "@apportion/platform/beside/beside";
import { CannotAskError, findRunning } from "@apportion/platform/beside/find-running";
import type { Clock } from "@apportion/runtime/service";
import { loadConfig, parseApportionConfig, type ApportionConfig, type NamedText } from "../config.js";
import { say, UsageError, type CommandContext } from "./context.js";
import { VERSION } from "./version.js";

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

/** What a command stands on: the folder itself, or the process that works on it. */
export interface Ground {
  readonly config: ApportionConfig;
  /** Goes into what opens a platform or a system. */
  readonly opening: {
    readonly dataDir: string;
    readonly clock: Clock;
    readonly running: RunningProcess | undefined;
  };
}

/**
 * The configuration, and where the folder of an embedded deployment is in the hands of a process that runs, that process, by whose rules the
 * command then goes.
 * @param besideSecretsOf sections whose secrets are needed beside it: who closes a month need not have those of every source. All where absent
 * @throws UsageError where another configuration is named than that by which it runs
 */
export async function findGround(
  context: CommandContext,
  options: CommonOptions,
  besideSecretsOf?: readonly string[],
): Promise<Ground> {
  const running = await runningOn(context, options.data);
  const opening = { dataDir: options.data, clock: context.now, running };
  if (!running) return { config: loadCommandConfig(context, options), opening };
  if (context.beside) context.beside.running = running;
  const source = {
    file: sameConfig(context, options, running),
    text: running.config.text,
    env: context.env,
    secretsOf: besideSecretsOf,
  };
  return { config: parseApportionConfig(source, context.collectors, running.config.budgets), opening };
}

/** Undefined too where it does not answer as it should: what then opens the folder says that it is in use. */
async function runningOn(context: CommandContext, data: string): Promise<RunningProcess | undefined> {
  try {
    return await findRunning(data, VERSION);
  } catch (error) {
    if (!(error instanceof CannotAskError)) throw error;
    say(context, `Commands cannot work beside what runs on ${data}: ${error.message}`);
    return undefined;
  }
}

/** The file as the caller names it, or as the process does where the caller has none. @throws UsageError */
function sameConfig(
  context: CommandContext,
  options: CommonOptions,
  { pid, config: { file, text } }: RunningProcess,
): string {
  const own = configFileOf(options);
  if (options.config === undefined && !existsSync(own)) return file;
  if (realPath(own) !== realPath(file))
    throw new UsageError(
      `--config: process ${pid} works on ${options.data} by ${file}, and ${own} is another configuration: name that of the process, or end it first`,
    );
  if (textOf(own) !== text)
    say(
      context,
      `${own} has changed since process ${pid} read it: until it is started again, its rules hold.`,
    );
  return own;
}

function realPath(file: string): string {
  return existsSync(file) ? realpathSync(file) : resolve(file);
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
