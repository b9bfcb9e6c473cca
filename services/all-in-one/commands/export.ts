import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  type FocusDataset,
  type FocusExport,
  focusQuery,
  type FocusVersion,
} from "@apportion/books/exports/focus";
import { requireAllocated } from "@apportion/books/months/allocated";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { type BillingPeriod, parseBillingPeriod } from "@apportion/domain/period";
import { closeToOthers } from "@apportion/runtime/private-files";
import type { ApportionConfig } from "../config.js";
import { type CommandContext, parseFlag, print, printJson, UsageError } from "./context.js";
import { cannotWrite, requireFile } from "./destination.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";

export interface FocusOptions extends CommonOptions {
  readonly month: string;
  readonly out: string;
  readonly focusVersion: string;
  readonly dataset: string;
  /** By default what the file's name says. */
  readonly format?: string;
  /** By default whom the configuration names. */
  readonly issuer?: string;
}

/** As ClickHouse names them. */
const FORMATS = { csv: "CSVWithNames", parquet: "Parquet" } as const;

interface FocusRequest {
  readonly month: BillingPeriod;
  readonly version: FocusVersion;
  readonly dataset: FocusDataset;
  readonly format: keyof typeof FORMATS;
}

/** @throws UsageError naming what is wrong, and what it could be */
export function focusRequest(options: FocusOptions): FocusRequest {
  const month = parseFlag("--month", options.month, parseBillingPeriod);
  const version = parseFlag("--focus-version", options.focusVersion, oneOf<FocusVersion>("1.2", "1.4"));
  const dataset = parseFlag(
    "--dataset",
    options.dataset,
    oneOf<FocusDataset>("cost-and-usage", "billing-period", "invoice-detail"),
  );
  const named = /\.parquet$/i.test(options.out) ? "parquet" : "csv";
  const format = parseFlag("--format", options.format ?? named, oneOf("csv", "parquet"));
  requireFile(options.out, format);
  if (version === "1.2" && dataset !== "cost-and-usage")
    throw new UsageError(`--dataset ${dataset}: FOCUS has it from 1.4 on`);
  return { month, version, dataset, format };
}

/** Writes a dataset of FOCUS. The file is complete or not there: it gets its name when all of it is written. */
export async function exportFocus(context: CommandContext, options: FocusOptions): Promise<void> {
  const { month, version, dataset, format } = focusRequest(options);
  await withPlatform(context, options, async ({ clickhouse, currency, registry }, config) => {
    const issuer = options.issuer ?? config.allocation.invoiceIssuer;
    if (dataset === "invoice-detail" && issuer === undefined)
      throw new UsageError(
        "--dataset invoice-detail needs --issuer, or allocation.invoiceIssuer: who invoices the teams",
      );
    const client = await clickhouse();
    await requireAllocated(client, month);
    const request = {
      month,
      version,
      dataset,
      format,
      currency,
      registry,
      ...(issuer !== undefined && { issuer }),
    };
    const stream = await focusStream(client, request, config);
    const part = `${options.out}.part`;
    try {
      closeToOthers(part);
      await pipeline(stream, createWriteStream(part, { mode: 0o600 }));
      await rename(part, options.out);
    } catch (error) {
      await rm(part, { force: true });
      throw cannotWrite(options.out, error);
    }
    done(context, options, { month, dataset, focusVersion: version });
  });
}

/** A dataset as it comes from the database. */
export async function focusStream(
  client: ClickHouse,
  { format, ...request }: FocusRequest & Pick<FocusExport, "currency" | "issuer" | "registry">,
  config: ApportionConfig,
): Promise<Readable> {
  const { query, params } = focusQuery({
    ...request,
    billingAccountId: config.aws?.accounts[0] ?? "internal",
  });
  const answer = await client.exec({
    query: `${query}\nFORMAT ${FORMATS[format]}`,
    query_params: params,
    clickhouse_settings: { format_csv_null_representation: "" },
  });
  return answer.stream;
}

function done(context: CommandContext, { out, json }: FocusOptions, about: object): void {
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
