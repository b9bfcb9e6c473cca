import { dirname, resolve } from "node:path";
import { accrualDocuments } from "@apportion/books/exports/accrual";
import {
  type LedgerDocument,
  ledgerDocuments,
  type LedgerSetting,
} from "@apportion/books/exports/general-ledger";
import { hledgerJournal } from "@apportion/books/exports/hledger";
import { ledgerFile } from "@apportion/books/exports/ledger-template";
import { readAccrual } from "@apportion/books/exports/read-accrual";
import { LEDGER_TARGETS, readLedgerTemplate } from "@apportion/books/exports/read-template";
import { readJournals, type StoredJournal } from "@apportion/books/ledger/journals";
import { decimalOfCents, sumOfCents } from "@apportion/domain/cents";
import { type BillingPeriod, dayOf, parseBillingPeriod } from "@apportion/domain/period";
import { centsText } from "@apportion/reports/format";
import type { ApportionConfig } from "../config.js";
import { type CommandContext, counted, parseFlag, print, printJson, say } from "./context.js";
import { requireFile, writeOut } from "./destination.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";

export interface LedgerOptions extends CommonOptions {
  readonly month: string;
  readonly out: string;
  readonly summary?: boolean;
  /** A target or a file with a template; by default what the configuration says. */
  readonly format?: string;
}

/** Writes the journals that were posted into a month as finance's books take them. */
export async function exportGeneralLedger(context: CommandContext, options: LedgerOptions): Promise<void> {
  const month = monthOf(options);
  await withPlatform(context, options, async ({ clickhouse, currency, registry }, config) => {
    const setting = settingOf(options, config, registry);
    const documents = postedInto(month, ledgerDocuments(await readJournals(await clickhouse()), setting));
    writeOut(options.out, ledgerText(documents, templateOf(options, config), config, currency));
    done(context, options, documents, currency, { month });
  });
}

/** Journals that were posted into a month in detail, by the template of the configuration: what the pack of a closed month has. */
export function generalLedgerText(
  {
    month,
    journals,
    currency,
  }: {
    readonly month: BillingPeriod;
    readonly journals: readonly StoredJournal[];
    readonly currency: string;
  },
  config: ApportionConfig,
  registry: LedgerSetting["registry"],
): string {
  const documents = postedInto(month, ledgerDocuments(journals, settingOf({}, config, registry)));
  return ledgerText(documents, configuredTemplate(config), config, currency);
}

function ledgerText(
  documents: readonly LedgerDocument[],
  template: LedgerTemplate,
  config: ApportionConfig,
  currency: string,
): string {
  const { companyCode, documentType } = config.allocation.chartOfAccounts;
  return ledgerFile(documents, template, { companyCode, documentType, currency });
}

/** Writes what an open month comes to so far, at its end, and its reversal on the day after. */
export async function exportAccrual(context: CommandContext, options: LedgerOptions): Promise<void> {
  const month = monthOf(options);
  await withPlatform(context, options, async ({ clickhouse, currency, registry }, config) => {
    const setting = settingOf(options, config, registry);
    const accrual = await readAccrual(await clickhouse(), month, registry.teams);
    const documents = accrualDocuments(
      { month, entries: accrual.entries, madeOn: dayOf(context.now()) },
      setting,
    );
    writeOut(options.out, ledgerText(documents, templateOf(options, config), config, currency));
    const { daysWithoutData, incompleteDays } = accrual;
    if (daysWithoutData.length > 0)
      say(context, `${counted(daysWithoutData.length, "day")} of ${month} without data: not in it`);
    if (incompleteDays.length > 0)
      say(context, `${counted(incompleteDays.length, "day")} of ${month} with readings missing`);
    done(context, options, documents, currency, { month, daysWithoutData, incompleteDays });
  });
}

/** Writes what was posted, in all or into a month, as a journal of hledger. */
export async function exportHledger(
  context: CommandContext,
  options: CommonOptions & { readonly month?: string; readonly out: string },
): Promise<void> {
  const month =
    options.month === undefined ? undefined : parseFlag("--month", options.month, parseBillingPeriod);
  requireFile(options.out, "journal");
  await withPlatform(context, options, async ({ clickhouse, currency, registry }, config) => {
    const setting = settingOf({}, config, registry);
    const all = ledgerDocuments(await readJournals(await clickhouse()), setting);
    const documents = postedInto(month, all);
    writeOut(options.out, hledgerJournal(documents, currency));
    done(context, options, documents, currency, month === undefined ? {} : { month });
  });
}

function monthOf({ month, out }: LedgerOptions): BillingPeriod {
  const parsed = parseFlag("--month", month, parseBillingPeriod);
  requireFile(out, "csv");
  return parsed;
}

type LedgerTemplate = ReturnType<typeof readLedgerTemplate>;

function templateOf(options: LedgerOptions, config: ApportionConfig): LedgerTemplate {
  return options.format === undefined
    ? configuredTemplate(config)
    : parseFlag("--format", options.format, readLedgerTemplate);
}

/** A path in the configuration is looked up beside it. */
function configuredTemplate({ allocation, readFrom }: ApportionConfig): LedgerTemplate {
  const { template } = allocation.chartOfAccounts;
  return readLedgerTemplate(
    LEDGER_TARGETS.some((target) => target === template)
      ? template
      : resolve(dirname(readFrom.file), template),
  );
}

function settingOf(
  { summary = false }: Pick<LedgerOptions, "summary">,
  { allocation }: ApportionConfig,
  registry: LedgerSetting["registry"],
): LedgerSetting {
  return { chart: allocation.chartOfAccounts, registry, summary };
}

/** @throws Error when nothing is */
function postedInto(
  month: BillingPeriod | undefined,
  documents: readonly LedgerDocument[],
): LedgerDocument[] {
  const own = documents.filter(({ billingPeriod }) => month === undefined || billingPeriod === month);
  if (own.length === 0)
    throw new Error(
      month === undefined
        ? "Nothing is posted yet: close a month first"
        : `Nothing is posted into ${month}: close it first, or see \`apportion close --check\`; \`apportion export accrual\` gives what it comes to so far`,
    );
  return own;
}

/** Says what is in the file, so that whoever takes it over can compare. */
function done(
  context: CommandContext,
  { out, json }: CommonOptions & { readonly out: string },
  documents: readonly LedgerDocument[],
  currency: string,
  about: object,
): void {
  const totals = documents.map(({ number, postingDate, text, lines }) => ({
    number,
    postingDate,
    text,
    lines: lines.length,
    debited: sumOfCents(lines.filter(({ cents }) => cents > 0n)),
    charged: sumOfCents(lines.filter(({ side }) => side === "charged")),
  }));
  if (json) {
    const inText = totals.map(({ debited, charged, ...rest }) => ({
      ...rest,
      debited: decimalOfCents(debited),
      charged: decimalOfCents(charged),
    }));
    return printJson(context, { file: out, ...about, documents: inText });
  }
  print(context, out);
  for (const { number, postingDate, text, lines, debited, charged } of totals)
    say(
      context,
      `${number}  ${postingDate}  ${text}: ${counted(lines, "line")}, debits and credits ${centsText(debited, currency)} each, charged ${centsText(charged, currency)}`,
    );
}
