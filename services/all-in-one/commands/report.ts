import { join } from "node:path";
import { ledgerHead, readJournals, type StoredJournal } from "@apportion/books/ledger/journals";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { parseBillingPeriod } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { DeliverySummary } from "@apportion/notifier/delivery/deliver";
import { type MonthReports, ownEdition } from "@apportion/reports/monthly/compose";
import { financeFiles, REPORT_FORMATS, type ReportFormat, teamFiles } from "@apportion/reports/pack/files";
import type { ApportionConfig } from "../config.js";
import { openSystem } from "../system.js";
import { commandLogger } from "./command-logger.js";
import { type CommandContext, parseFlag, print, printJson, progressLine, UsageError } from "./context.js";
import { makeFolder } from "./destination.js";
import { type CommonOptions, findGround, requireData } from "./load.js";
import { focusStream } from "./export.js";
import { generalLedgerText } from "./export-ledger.js";
import { beginFolder, type ReportFolder } from "./report-folder.js";
import { unknownTeam } from "./unknown-team.js";

export interface ReportOptions extends CommonOptions {
  readonly month: string;
  readonly team?: string;
  readonly out: string;
  readonly format: string;
  readonly send?: boolean;
}

/** Writes the month's reports as files, with what finance files of a closed month; with `--send` mails them, and tells channels of them, too, each once. */
export async function report(context: CommandContext, options: ReportOptions): Promise<void> {
  const period = parseFlag("--month", options.month, parseBillingPeriod);
  const formats = parseFlag("--format", options.format, parseFormats);
  if (options.send && options.team !== undefined)
    throw new UsageError("--send mails the month's reports to all teams and to finance: leave --team out");
  const { config, opening } = await findGround(context, options);
  requireData(config, options);
  if (!config.notifier)
    throw new UsageError(
      "report: the configuration has no section `notifier`, which says how reports are made",
    );
  requireTeam(options, config);
  makeFolder(options.out);
  const logger = commandLogger(config.logLevel);
  const system = await openSystem(config, { ...opening, logger });
  try {
    const reports = await system.notifier?.composeReports(period);
    if (!reports) throw new Error(`Nothing of ${period} is allocated yet; collect and allocate it first`);
    const { registry } = system.platform;
    const books = { clickhouse: await system.platform.clickhouse(), config, registry };
    const files = await writeReports(context, reports, { ...options, formats }, books);
    const sent = options.send ? await system.notifier?.sendMonthlyReports(period) : undefined;
    if (options.send) await system.notifier?.sendWaiting();
    tell(context, options, { period, edition: reports.status.kind, files, ...(sent && { sent }) });
  } finally {
    await system.platform.close();
  }
}

interface Books {
  readonly clickhouse: ClickHouse;
  readonly config: ApportionConfig;
  readonly registry: Registry;
}

/**
 * One team's files beside what is there; those of all replace the folder as a whole. Paths of what was written. One team's are for the team, and its own
 * edition; those of all are for finance, which reads names of teams under HIPAA or PCI where the configuration says so.
 */
async function writeReports(
  context: CommandContext,
  reports: MonthReports,
  options: ReportOptions & { readonly formats: readonly ReportFormat[] },
  books: Books,
): Promise<readonly string[]> {
  const { out, team, formats } = options;
  const { period } = reports.finance;
  const teams = reports.teams.filter(({ team: { id } }) => team === undefined || id === team);
  // What names more than the pack may has a folder of its own: whoever is given the pack's is not given that.
  const isApart = team !== undefined && teams.some(({ own }) => own);
  const place = isApart ? join(out, team) : out;
  makeFolder(place);
  const folder = beginFolder(place, period, team === undefined);
  const line = progressLine(context);
  const isOwn = team !== undefined || books.config.protectedNames.shownTo.includes("finance");
  try {
    for (const [at, each] of teams.entries()) {
      line.update(`Reports of ${period}: ${at} of ${teams.length} teams`, false);
      for (const file of await teamFiles(isOwn ? ownEdition(each) : each, formats))
        folder.write(file.name, file.content);
    }
    if (team === undefined) {
      line.update(`Reports of ${period}: finance`, false);
      await writeFinance(reports, options, books, folder);
    }
    return folder.finish();
  } catch (error) {
    folder.abandon();
    throw error;
  } finally {
    line.end();
  }
}

async function writeFinance(
  reports: MonthReports,
  options: ReportOptions & { readonly formats: readonly ReportFormat[] },
  { clickhouse, config, registry }: Books,
  folder: ReportFolder,
): Promise<void> {
  const { period, status, asOf, currency } = reports.finance;
  // The head first: what is posted meanwhile is behind it, and `verify --head` finds it in the chain.
  const head = await ledgerHead(clickhouse);
  const journals: StoredJournal[] = (await readJournals(clickhouse)).filter(({ seq }) => seq <= head.seq);
  const own = journals.filter(({ billingPeriod }) => billingPeriod === period);
  for (const file of await financeFiles(reports, own, options.formats)) folder.write(file.name, file.content);
  if (status.kind === "final") {
    const posted = { month: period, journals, currency };
    folder.write(`general-ledger-${period}.csv`, generalLedgerText(posted, config, registry));
    const issuer = config.allocation.invoiceIssuer;
    const request = {
      month: period,
      version: "1.4",
      dataset: "cost-and-usage",
      format: "csv",
      currency,
      registry,
      ...(issuer !== undefined && { issuer }),
    } as const;
    await folder.stream(`focus-${period}.csv`, await focusStream(clickhouse, request, config));
  }
  folder.describe({
    month: period,
    edition: status.kind,
    asOf,
    currency,
    ...(status.kind === "final" && { statement: { seq: status.posted.seq, hash: status.posted.hash } }),
    ...(head.hash !== "" && { ledgerHead: { seq: String(head.seq), hash: head.hash } }),
  });
}

/** @throws Error naming what is none */
function parseFormats(text: string): ReportFormat[] {
  const wanted = text.split(",").map((each) => each.trim());
  const unknown = wanted.filter((each) => !REPORT_FORMATS.some((format) => format === each));
  if (unknown.length > 0)
    throw new Error(
      `there is no format ${unknown.map((each) => `"${each}"`).join(", ")}; there are ${REPORT_FORMATS.join(", ")}`,
    );
  return REPORT_FORMATS.filter((format) => wanted.includes(format));
}

function requireTeam({ team }: ReportOptions, { teams }: ApportionConfig): void {
  const ids = teams.map(({ id }) => id);
  if (team !== undefined && !ids.includes(team)) throw new UsageError(unknownTeam(team, ids));
}

function tell(
  context: CommandContext,
  { json }: ReportOptions,
  done: {
    readonly period: string;
    readonly edition: string;
    readonly files: readonly string[];
    readonly sent?: DeliverySummary;
  },
): void {
  if (json) return printJson(context, done);
  const { files, sent } = done;
  for (const file of files) print(context, file);
  if (sent)
    print(context, `${sent.sent} mails sent, ${sent.repeated} had been sent before, ${sent.refused} refused`);
}
