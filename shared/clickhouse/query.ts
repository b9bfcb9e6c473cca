import type { ClickHouseSettings } from "@clickhouse/client";
import type { z } from "zod";
import type { ClickHouse } from "./client.js";
import { clickHouseCode, isRefusal } from "./errors.js";
import { foreignMessage } from "@apportion/runtime/foreign-text";

/**
 * SQL next to the shapes of what goes in and what comes out. Parameters are bound as `{name:Type}`; rows arrive as
 * JSONEachRow with decimals and 64-bit integers as strings.
 */
export interface Query<Params extends QueryParams, Row> {
  /** Names the query in errors and logs. */
  readonly name: string;
  readonly sql: string;
  readonly params: z.ZodType<Params>;
  readonly row: z.ZodType<Row>;
  readonly settings?: ClickHouseSettings;
}

export type QueryParams = Readonly<Record<string, unknown>>;

export interface RunOptions {
  /** Ends the query on the server too. */
  readonly abortSignal?: AbortSignal;
}

/** A query that failed, by its name. `cause` is what failed; `retriable` says whether running it again may help. */
export class QueryError extends Error {
  readonly code: "clickhouse.failed" | "clickhouse.unexpectedRow" | "clickhouse.invalidParams";
  readonly retriable: boolean;

  constructor(query: string, code: QueryError["code"], reason: string, retriable: boolean, cause: unknown) {
    super(`Query ${query}: ${reason}`, { cause });
    this.name = "QueryError";
    this.code = code;
    this.retriable = retriable;
  }
}

/** Gives the literal types of a query to the compiler; returns it unchanged. */
export function defineQuery<Params extends QueryParams, Row>(query: Query<Params, Row>): Query<Params, Row> {
  return query;
}

/**
 * Runs the query and checks every row.
 *
 * @throws QueryError naming the query, and the field when a row or a parameter does not fit
 */
export async function select<Params extends QueryParams, Row>(
  client: ClickHouse,
  query: Query<Params, Row>,
  params: Params,
  options: RunOptions = {},
): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of stream(client, query, params, options)) rows.push(row);
  return rows;
}

/** As {@link select}, a row at a time, for answers that should not lie in memory as a whole. */
export async function* stream<Params extends QueryParams, Row>(
  client: ClickHouse,
  query: Query<Params, Row>,
  params: Params,
  options: RunOptions = {},
): AsyncGenerator<Row> {
  for await (const batch of batches(client, query, params, options)) yield* batch;
}

async function* batches<Params extends QueryParams, Row>(
  client: ClickHouse,
  query: Query<Params, Row>,
  params: Params,
  options: RunOptions,
): AsyncGenerator<Row[]> {
  const bound = query.params.safeParse(params);
  if (!bound.success) {
    const reason = describeMismatch("parameter", bound.error);
    throw new QueryError(query.name, "clickhouse.invalidParams", reason, false, bound.error);
  }
  let rowNumber = 0;
  try {
    const result = await client.query({
      query: query.sql,
      format: "JSONEachRow",
      query_params: { ...bound.data },
      ...(query.settings ? { clickhouse_settings: query.settings } : {}),
      ...(options.abortSignal ? { abort_signal: options.abortSignal } : {}),
    });
    for await (const batch of result.stream<unknown>()) {
      yield batch.map((row) => parseRow(query, row.json(), rowNumber++));
    }
  } catch (error) {
    throw error instanceof QueryError ? error : failed(query.name, error);
  }
}

function parseRow<Params extends QueryParams, Row>(
  query: Query<Params, Row>,
  value: unknown,
  index: number,
): Row {
  const parsed = query.row.safeParse(value);
  if (parsed.success) return parsed.data;
  const reason = `row ${index + 1} does not fit: ${describeMismatch("field", parsed.error)}`;
  throw new QueryError(query.name, "clickhouse.unexpectedRow", reason, false, parsed.error);
}

function failed(name: string, error: unknown): QueryError {
  const code = clickHouseCode(error);
  const reason = foreignMessage(error);
  const text = code === undefined ? reason : `ClickHouse error ${code}: ${reason}`;
  return new QueryError(name, "clickhouse.failed", text, !isRefusal(error), error);
}

function describeMismatch(what: "field" | "parameter", error: z.ZodError): string {
  return error.issues.map((issue) => `${what} "${issue.path.join(".")}": ${issue.message}`).join("; ");
}
