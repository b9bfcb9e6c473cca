import pc from "picocolors";
import { closedMonths } from "@apportion/books/ledger/journals";
import { verifyMonth } from "@apportion/books/ledger/verify";
import { openPlatform } from "@apportion/platform/platform";
import { dollarOwnersOf, withDerivedReadings } from "../config.js";
import { rebuildTables, type Rebuilt } from "../rebuild-tables.js";
import { commandLogger } from "./command-logger.js";
import { type CommandContext, counted, print, printJson, progressLine } from "./context.js";
import { type CommonOptions, loadCommandConfig } from "./load.js";

interface RebuildResult extends Rebuilt {
  /** What is still not as it was, in words; empty when everything is. */
  readonly findings: readonly string[];
  /** Folder to which damaged files of the embedded engine were moved. */
  readonly damaged?: string;
}

/**
 * Brings back from the event log what the tables lack, as after a restore from a backup. Nothing that is there is changed, and no mail is
 * sent. May be repeated, and interrupted: then it begins again. True when the tables are whole.
 */
export async function rebuild(context: CommandContext, options: CommonOptions): Promise<boolean> {
  const config = withDerivedReadings(loadCommandConfig(context, options));
  const platform = await openPlatform(config, {
    dataDir: options.data,
    clock: context.now,
    toleratesDamage: true,
    dollarOwners: dollarOwnersOf(config),
    logger: commandLogger(config.logLevel),
  });
  const line = progressLine(context);
  try {
    const deps = {
      ...platform,
      clickhouse: await platform.clickhouse(),
      recovery: await platform.recovery(),
    };
    const rebuilt = await rebuildTables(deps, config.allocation, (text, complete) =>
      line.update(text, complete),
    );
    const findings = [...rebuilt.failed, ...(await deps.recovery.lost())];
    for (const { period } of await closedMonths(deps.clickhouse)) {
      line.update(`Verifying ${period}`, false);
      const verified = await verifyMonth(deps, period);
      findings.push(...verified.findings.map(({ where, what }) => `${period}, ${where}: ${what}`));
    }
    const damaged = findings.length === 0 ? await platform.setAsideDamaged() : undefined;
    line.end();
    const result = { ...rebuilt, findings, ...(damaged !== undefined && { damaged }) };
    if (options.json) printJson(context, { ...result, records: Object.fromEntries(result.records) });
    else for (const text of resultLines(result)) print(context, text);
    return findings.length === 0;
  } finally {
    line.end();
    await platform.close();
  }
}

export function resultLines({
  records,
  snapshots,
  messages,
  runs,
  months,
  findings,
  damaged,
}: RebuildResult): string[] {
  const rows = Array.from(records, ([table, count]) => `  ${table}: ${counted(count, "row")}`);
  return [
    pc.bold(rows.length === 0 ? "No record was missing" : "Records that are back from the event log:"),
    ...rows,
    `${counted(snapshots, "reading")} stored again of ${counted(messages, "message")} that were read`,
    `${counted(runs, "run")} computed again as sealed; ${months.length === 0 ? "no month" : months.join(", ")} allocated`,
    ...(damaged === undefined ? [] : [`Damaged files are in ${damaged} now`]),
    ...findings.map((text) => `${pc.red("✗")} ${text}`),
    ...(findings.length === 0
      ? [`${pc.green("✓")} the tables have all that was handled of the event log; closed months verify`]
      : []),
  ];
}
