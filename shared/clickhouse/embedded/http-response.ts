import type { ServerResponse } from "node:http";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import { type EngineError, httpStatus } from "./engine-error.js";
import { sendBlocks } from "./native-blocks.js";

export interface Summary {
  readonly readRows: number;
  readonly readBytes: number;
  readonly writtenRows: number;
  readonly writtenBytes: number;
  readonly elapsedMs: number;
}

const compress = promisify(gzip);
/** Below this an answer is sent as it is: it would not get smaller. */
const GZIP_BYTES_MIN = 1024;

const CONTENT_TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    json: "application/json; charset=UTF-8",
    jsoncompact: "application/json; charset=UTF-8",
    jsoneachrow: "application/x-ndjson; charset=UTF-8",
    jsoncompacteachrow: "application/x-ndjson; charset=UTF-8",
    csv: "text/csv; charset=UTF-8; header=absent",
    csvwithnames: "text/csv; charset=UTF-8; header=present",
    tabseparated: "text/tab-separated-values; charset=UTF-8",
    tabseparatedwithnames: "text/tab-separated-values; charset=UTF-8",
    tsv: "text/tab-separated-values; charset=UTF-8",
    xml: "application/xml; charset=UTF-8",
    native: "application/octet-stream",
    rowbinary: "application/octet-stream",
    rowbinarywithnamesandtypes: "application/octet-stream",
    parquet: "application/octet-stream",
    arrow: "application/octet-stream",
    arrowstream: "application/octet-stream",
  }),
);

export function nameQuery(response: ServerResponse, queryId: string): void {
  // A query id comes from the client; what cannot stand in a header is left out.
  response.setHeader("X-ClickHouse-Query-Id", queryId.replaceAll(/[^\x20-\x7e]/g, ""));
}

export async function sendAnswer(
  response: ServerResponse,
  bytes: Uint8Array,
  options: {
    readonly format: string;
    readonly summary: Summary;
    readonly gzip: boolean;
    readonly blocks: boolean;
  },
): Promise<void> {
  response.setHeader("X-ClickHouse-Format", options.format);
  response.setHeader("X-ClickHouse-Timezone", "UTC");
  response.setHeader("X-ClickHouse-Summary", summaryJson(options.summary));
  response.setHeader(
    "Content-Type",
    CONTENT_TYPES.get(options.format.toLowerCase()) ?? "text/plain; charset=UTF-8",
  );
  if (options.blocks) await sendBlocks(response, bytes);
  else if (options.gzip && bytes.byteLength >= GZIP_BYTES_MIN) {
    const zipped = await compress(bytes, { level: constants.Z_BEST_SPEED });
    response.setHeader("Content-Encoding", "gzip");
    response.end(zipped);
  } else {
    response.end(bytes);
  }
}

export function sendError(response: ServerResponse, error: EngineError, version: string): void {
  const status = httpStatus(error.code);
  if (status === 401) response.setHeader("WWW-Authenticate", 'Basic realm="ClickHouse server HTTP API"');
  response.setHeader("X-ClickHouse-Exception-Code", String(error.code));
  response.setHeader("Content-Type", "text/plain; charset=UTF-8");
  response.statusCode = status;
  response.end(error.toBody(version));
}

/** ClickHouse sends the counts as strings. */
function summaryJson(summary: Summary): string {
  return JSON.stringify({
    read_rows: String(summary.readRows),
    read_bytes: String(summary.readBytes),
    written_rows: String(summary.writtenRows),
    written_bytes: String(summary.writtenBytes),
    total_rows_to_read: "0",
    result_rows: "0",
    result_bytes: "0",
    elapsed_ns: String(Math.round(summary.elapsedMs * 1_000_000)),
  });
}
