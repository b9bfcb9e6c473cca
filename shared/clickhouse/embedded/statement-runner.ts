import type { IncomingMessage } from "node:http";
import { splitStatements, meaningful } from "../sql-text.js";
import type { Account } from "./accounts.js";
import { type Body, readBody } from "./body.js";
import { EngineError, engineError } from "./engine-error.js";
import type { Answer, Engine } from "./engine.js";
import type { HttpQuery } from "./http-request.js";
import type { Summary } from "./http-response.js";
import { type DataInsert, dataInsert, fromFile } from "./insert-statement.js";
import { LIMITS } from "./limits.js";
import { isForm, readMultipart } from "./multipart.js";
import type { ReadOnlyFence } from "./read-only-fence.js";
import { Slots } from "./slots.js";
import type { Spool, Spooled } from "./spool.js";

export interface Outcome {
  readonly bytes: Uint8Array;
  readonly format: string;
  readonly summary: Summary;
}

/** From an HTTP request to the engine's answer: which statement it is, where its rows are, and who may run it. */
export class StatementRunner {
  readonly #engine: Engine;
  readonly #spool: Spool;
  readonly #fence: () => Promise<ReadOnlyFence>;
  readonly #servicesSlots = new Slots(LIMITS.servicesSlots, LIMITS.queueMax, LIMITS.queueWaitMs);
  readonly #readOnlySlots = new Slots(LIMITS.readOnlySlots, LIMITS.queueMax, LIMITS.queueWaitMs);

  /** @param fence asked for with each statement of a read-only user */
  constructor(engine: Engine, spool: Spool, fence: () => Promise<ReadOnlyFence>) {
    this.#engine = engine;
    this.#spool = spool;
    this.#fence = fence;
  }

  /** @throws EngineError; or what broke the request off */
  async run(
    request: IncomingMessage,
    query: HttpQuery,
    account: Account,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const bytesMax = account.readOnly ? LIMITS.formBytesMax : LIMITS.bodyBytesMax;
    const headBytes = isForm(request) ? LIMITS.formBytesMax : LIMITS.queryBytesMax;
    const body = await readBody(request, headBytes, bytesMax);
    const form = await readMultipart(request, body);
    if (form) query.params.push(...form.params);
    const prefix = Buffer.from(joined(query.sql, form?.sql ?? ""), "utf8");
    const rest: Body = form ? { head: Buffer.alloc(0), complete: true, from: nothing } : body;
    const separator = prefix.byteLength > 0 && rest.head.byteLength > 0 ? "\n" : "";
    const start = Buffer.concat([prefix, Buffer.from(separator), rest.head]);
    if (account.readOnly) return await this.#readOnly(text(start, rest), query, signal);
    const insert = dataInsert(start.toString("latin1"));
    if (!insert) return await this.#plain(text(start, rest), query, signal);
    const prefixBytes = start.byteLength - rest.head.byteLength;
    const rows = rowsOf(start, rest, insert.dataStart, prefixBytes);
    return await this.#insert(start, insert, rows, query, signal);
  }

  async #plain(sql: string, query: HttpQuery, signal: AbortSignal): Promise<Outcome> {
    const [statement, ...others] = splitStatements(sql);
    if (statement === undefined) throw new EngineError(62, "SYNTAX_ERROR", "Syntax error: empty query");
    if (others.length > 0) {
      throw new EngineError(62, "SYNTAX_ERROR", "Syntax error (Multi-statements are not allowed)");
    }
    const answer = await this.#servicesSlots.use(signal, () =>
      this.#engine.execute({ ...asStatement(query, signal), sql: statement }),
    );
    return { bytes: answer.bytes, format: formatOf(statement) ?? query.format, summary: readSummary(answer) };
  }

  async #insert(
    start: Buffer,
    insert: DataInsert,
    rows: AsyncIterable<Uint8Array>,
    query: HttpQuery,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const spooled = await this.#spool.write(rows);
    try {
      if (spooled.bytes === 0)
        return { bytes: new Uint8Array(), format: query.format, summary: nothingWritten };
      const utf8 = (latin1: string): string => Buffer.from(latin1, "latin1").toString("utf8");
      const sql = fromFile(insert, utf8(insert.target), utf8(insert.settings), spooled.path);
      const answer = await this.#servicesSlots.use(signal, () =>
        this.#engine.execute({ ...asStatement(query, signal), sql }),
      );
      return { bytes: answer.bytes, format: query.format, summary: writtenSummary(answer, spooled) };
    } catch (error) {
      throw signal.aborted ? error : withoutPath(engineError(error), spooled.path);
    } finally {
      await spooled.remove();
    }
  }

  async #readOnly(sql: string, query: HttpQuery, signal: AbortSignal): Promise<Outcome> {
    const answer = await this.#readOnlySlots.use(signal, async () => {
      const fence = await this.#fence();
      const allowed = await fence.allow(sql, query, signal);
      return { ...(await this.#engine.execute(allowed)), sql: allowed.sql };
    });
    return {
      bytes: answer.bytes,
      format: formatOf(answer.sql) ?? query.format,
      summary: readSummary(answer),
    };
  }
}

function asStatement(query: HttpQuery, signal: AbortSignal) {
  const { database, format, params } = query;
  const timeoutMs = Math.min(askedTimeoutMs(query.settings), LIMITS.servicesQueryMs);
  const settings: [string, string][] = [...query.settings, ["max_execution_time", String(timeoutMs / 1_000)]];
  return { database, format, params, settings, timeoutMs, signal };
}

function askedTimeoutMs(settings: readonly (readonly [string, string])[]): number {
  const asked = Number(settings.findLast(([name]) => name === "max_execution_time")?.[1]);
  return asked > 0 ? asked * 1_000 : Number.POSITIVE_INFINITY;
}

function text(start: Buffer, rest: Body): string {
  if (!rest.complete || start.byteLength > LIMITS.queryBytesMax) {
    throw new EngineError(229, "QUERY_IS_TOO_LARGE", `Query is larger than ${LIMITS.queryBytesMax} bytes`);
  }
  return start.toString("utf8");
}

/** The bytes after the statement: what is left of the beginning, then the rest of the body. */
async function* rowsOf(
  start: Buffer,
  rest: Body,
  dataStart: number,
  prefixBytes: number,
): AsyncGenerator<Uint8Array> {
  if (dataStart < prefixBytes) yield start.subarray(dataStart, prefixBytes);
  yield* rest.from(Math.max(0, dataStart - prefixBytes));
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // A form has no rows.
}

function joined(left: string, right: string): string {
  return left !== "" && right !== "" ? `${left}\n${right}` : left + right;
}

/** The format that the statement itself names at its end. */
function formatOf(sql: string): string | undefined {
  const [last, before] = [...meaningful(sql)].slice(-2).toReversed();
  return before?.text.toUpperCase() === "FORMAT" && before.kind === "word" ? last?.text : undefined;
}

const nothingWritten: Summary = { readRows: 0, readBytes: 0, writtenRows: 0, writtenBytes: 0, elapsedMs: 0 };

function readSummary({ rowsRead, bytesRead, elapsedMs }: Answer): Summary {
  return { readRows: rowsRead, readBytes: bytesRead, writtenRows: 0, writtenBytes: 0, elapsedMs };
}

/** Every row that was read from the file was written, or the insert failed. */
function writtenSummary({ rowsRead, bytesRead, elapsedMs }: Answer, { bytes }: Spooled): Summary {
  return { readRows: rowsRead, readBytes: bytes, writtenRows: rowsRead, writtenBytes: bytesRead, elapsedMs };
}

function withoutPath(error: EngineError, path: string): EngineError {
  const message = error.message
    .replaceAll(`(in file/uri ${path})`, "")
    .replaceAll(path, "the request's rows");
  return new EngineError(error.code, error.type, message, { cause: error.cause });
}
