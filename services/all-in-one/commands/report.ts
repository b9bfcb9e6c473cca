import { join } from "node:path";
import { parseBillingPeriod, type BillingPeriod } from "@apportion/domain/period";
import type { RenderedReports } from "@apportion/notifier/service";
import { openSystem } from "../system.js";
import { commandLogger } from "./command-logger.js";
import { parseFlag, print, printJson, UsageError, type CommandContext } from "./context.js";
import { makeFolder, writeOut } from "./destination.js";
import { loadCommandConfig, requireData, type CommonOptions } from "./load.js";
import { unknownTeam } from "./unknown-team.js";

export interface ReportOptions extends CommonOptions {
  readonly month: string;
  readonly team?: string;
  readonly out: string;
  readonly send?: boolean;
}

/** Writes the month's reports as HTML, text and CSV; with `--send` mails them, and tells channels of them, too, each once. */
export async function report(context: CommandContext, options: ReportOptions): Promise<void> {
  const period = parseFlag("--month", options.month, parseBillingPeriod);
  if (options.send && options.team !== undefined)
    throw new UsageError("--send mails the month's reports to all teams and to finance: leave --team out");
  const config = loadCommandConfig(context, options);
  requireData(config, options);
  if (!config.notifier)
    throw new UsageError(
      "report: the configuration has no section `notifier`, which says how reports are made",
    );
  if (options.team !== undefined && !config.teams.some(({ id }) => id === options.team))
    throw new UsageError(
      unknownTeam(
        options.team,
        config.teams.map(({ id }) => id),
      ),
    );
  const logger = commandLogger(config.logLevel);
  const system = await openSystem(config, { dataDir: options.data, clock: context.now, logger });
  try {
    const reports = await system.notifier?.renderReports(period);
    if (!reports) throw new Error(`Nothing of ${period} is allocated yet; collect and allocate it first`);
    const files = writeReports(reports, options.out, period, options.team);
    const sent = options.send ? await system.notifier?.sendMonthlyReports(period) : undefined;
    if (options.send) await system.notifier?.sendWaiting();
    if (options.json)
      return printJson(context, { period, edition: reports.edition, files, ...(sent && { sent }) });
    for (const file of files) print(context, file);
    if (sent)
      print(
        context,
        `${sent.sent} mails sent, ${sent.repeated} had been sent before, ${sent.refused} refused`,
      );
  } finally {
    await system.platform.close();
  }
}

export function writeReports(
  { teams, finance }: RenderedReports,
  out: string,
  period: BillingPeriod,
  onlyTeam: string | undefined,
): string[] {
  const folder = join(out, period);
  makeFolder(out);
  makeFolder(folder);
  const chosen = [
    ...teams
      .filter(({ teamId }) => onlyTeam === undefined || teamId === onlyTeam)
      .map((mail) => ({ name: mail.teamId, mail })),
    ...(onlyTeam === undefined ? [{ name: "finance-summary", mail: finance }] : []),
  ];
  return chosen.flatMap(({ name, mail }) => {
    const contents: [string, string][] = [
      [`${name}.html`, mail.html],
      [`${name}.txt`, mail.text],
      ...(mail.csv ? [[mail.csv.filename, mail.csv.content] as [string, string]] : []),
    ];
    return contents.map(([file, content]) => {
      const path = join(folder, file);
      writeOut(path, content);
      return path;
    });
  });
}
