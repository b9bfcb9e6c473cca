import { createWriteStream, existsSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { focusQuery, type FocusDataset, type FocusVersion } from "@apportion/allocator/exports/focus";
import { generalLedgerCsv } from "@apportion/allocator/exports/general-ledger";
import { readJournals } from "@apportion/allocator/ledger/books";
import { parseBillingPeriod } from "@apportion/domain/period";
import { requireAllocated } from "./allocated.js";
import { parseFlag, print, printJson, UsageError, type CommandContext } from "./context.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";

export interface ExportOptions extends CommonOptions {
  readonly month: string;
  readonly out: string;
}

export interface FocusOptions extends ExportOptions {
  readonly focusVersion: string;
  readonly dataset: string;
  /** By default what the file's name says. */
  readonly format?: string;
  readonly issuer?: string;
}

const FORMATS: Readonly<Record<string, string>> = { csv: "CSVWithNames", parquet: "Parquet" };

/** Writes a dataset of FOCUS. The file is complete or not there: it gets its name when all of it is written. */
export async function exportFocus(context: CommandContext, options: FocusOptions): Promise<void> {
  const month = parseFlag("--month", options.month, parseBillingPeriod);
  const version = parseFlag("--focus-version", options.focusVersion, oneOf<FocusVersion>("1.2", "1.4"));
  const dataset = parseFlag(
    "--dataset",
    options.dataset,
    oneOf<FocusDataset>("cost-and-usage", "billing-period", "invoice-detail"),
  );
  const named = /\.parquet$/i.test(options.out) ? "parquet" : "csv";
  const format = FORMATS[parseFlag("--format", options.format ?? named, oneOf("csv", "parquet"))] ?? "";
  requireFolder(options.out);
  if (version === "1.2" && dataset !== "cost-and-usage")
    throw new UsageError(`--dataset ${dataset}: FOCUS has it from 1.4 on`);
  if (dataset === "invoice-detail" && options.issuer === undefined)
    throw new UsageError("--dataset invoice-detail needs --issuer: who invoices the teams");
  await withPlatform(context, options, async ({ clickhouse, currency }, config) => {
    const { query, params } = focusQuery({
      month,
      version,
      dataset,
      currency,
      billingAccountId: config.aws?.accounts[0] ?? "internal",
      ...(options.issuer !== undefined && { issuer: options.issuer }),
    });
    const client = await clickhouse();
    await requireAllocated(client, month);
    const answer = await client.exec({
      query: `${query}\nFORMAT ${format}`,
      query_params: params,
      clickhouse_settings: { format_csv_null_representation: "" },
    });
    const part = `${options.out}.part`;
    try {
      await pipeline(answer.stream, createWriteStream(part));
      await rename(part, options.out);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    done(context, options, { month, dataset, focusVersion: version });
  });
}

/** Writes the journals that were posted into a month with the accounts of finance's books. */
export async function exportGeneralLedger(context: CommandContext, options: ExportOptions): Promise<void> {
  const month = parseFlag("--month", options.month, parseBillingPeriod);
  if (/\.parquet$/i.test(options.out)) throw new UsageError("--out: the journal is a CSV file");
  requireFolder(options.out);
  await withPlatform(context, options, async ({ clickhouse, currency }, config) => {
    const journals = await readJournals(await clickhouse());
    if (!journals.some(({ billingPeriod }) => billingPeriod === month))
      throw new Error(`Nothing is posted into ${month}: close it first, or see \`apportion close --check\``);
    writeFileSync(
      options.out,
      generalLedgerCsv(journals, month, config.allocation.chartOfAccounts, currency),
    );
    done(context, options, { month, journals: journals.length });
  });
}

function requireFolder(file: string): void {
  if (!existsSync(dirname(resolve(file))))
    throw new UsageError(`--out: there is no folder ${dirname(resolve(file))}`);
}

function done(context: CommandContext, { out, json }: ExportOptions, about: object): void {
  if (json) printJson(context, { file: out, ...about });
  else print(context, out);
}

function oneOf<T extends string>(...known: readonly T[]): (text: string) => T {
  return (text) => {
    const found = known.find((each) => each === text);
    if (found === undefined) throw new Error(`"${text}" is none of ${known.join(", ")}`);
    return found;
  };
}
