import { createClickHouse, type ClickHouse } from "@apportion/clickhouse/client";
import { announcedAccess } from "@apportion/clickhouse/embedded/analyst-access";
import { damageFinding } from "@apportion/platform/damage";
import { openPlatform } from "@apportion/platform/platform";
import type { ApportionConfig } from "../config.js";
import { commandLogger } from "./command-logger.js";
import { say, terminalText, UsageError, type CommandContext } from "./context.js";
import { type CommonOptions, findGround, requireData } from "./load.js";

/** ClickHouse's error code. */
const SYNTAX_ERROR = "62";

/** Asks as the read-only user and prints the answer in a ClickHouse output format. */
export async function sql(
  context: CommandContext,
  query: string,
  options: CommonOptions & { readonly format: string },
): Promise<void> {
  const statement = statementOf(query, options);
  const { config, opening } = await findGround(context, options, ["eventLog", "clickhouse"]);
  requireData(config, options);
  if (await askRunning(context, config, options.data, statement)) return;
  const logger = commandLogger(config.logLevel);
  const platform = await openPlatform(config, {
    ...opening,
    logger,
    startsEngine: true,
    toleratesDamage: true,
  });
  try {
    const access = await platform.analystAccess();
    const damage = damageFinding(await platform.damagedParts());
    if (!damage.ok) say(context, `The tables are damaged: ${damage.detail}`);
    if (!access)
      throw new UsageError("clickhouse.analyst is not configured: `sql` asks as a read-only user only");
    const client = createClickHouse(access);
    try {
      await ask(context, client, statement);
    } finally {
      await client.close();
    }
  } finally {
    await platform.close();
  }
}

/** @throws UsageError when there is no query, or the format is no name */
export function statementOf(
  query: string,
  { format, json }: { readonly format: string; readonly json?: boolean },
): string {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(format))
    throw new UsageError(
      `--format: "${format}" is not the name of a ClickHouse format such as PrettyCompact, CSV or JSONEachRow`,
    );
  const asked = query.replace(/[\s;]+$/, "");
  if (asked === "") throw new UsageError("There is no query; for one see `apportion sql --help`");
  return `${asked}\nFORMAT ${json ? "JSON" : format}`;
}

/** Asks the process that works on the data folder, if one does: only it may open the folder. */
async function askRunning(
  context: CommandContext,
  { clickhouse }: Pick<ApportionConfig, "clickhouse">,
  dataDir: string,
  statement: string,
): Promise<boolean> {
  const access = clickhouse.kind === "embedded" ? announcedAccess(dataDir) : undefined;
  if (!access) return false;
  const client = createClickHouse(access);
  try {
    if (!(await client.ping()).success) return false;
    await ask(context, client, statement);
    return true;
  } finally {
    await client.close();
  }
}

async function ask(context: CommandContext, client: ClickHouse, statement: string): Promise<void> {
  const answer = await client.exec({ query: statement }).catch((error: unknown) => {
    const [, format] = /\bFORMAT\s+(\w+)\nFORMAT \w+$/i.exec(statement) ?? [];
    if ((error as { code?: unknown }).code !== SYNTAX_ERROR || format === undefined) throw error;
    throw new UsageError(`Leave FORMAT ${format} out of the query: it is --format ${format}`, {
      cause: error,
    });
  });
  const decoder = new TextDecoder();
  for await (const chunk of answer.stream as AsyncIterable<Buffer>)
    context.stdout.write(
      context.stdout.isTTY ? terminalText(decoder.decode(chunk, { stream: true })) : chunk,
    );
}
