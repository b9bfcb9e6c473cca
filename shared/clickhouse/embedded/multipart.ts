import { MIMEType } from "node:util";
import type { IncomingMessage } from "node:http";
import type { Body } from "./body.js";
import { EngineError } from "./engine-error.js";
import { LIMITS } from "./limits.js";

/** A query whose parameters are too long for a URL, as clients send it: parts `query` and `param_…`. */
export interface Form {
  readonly sql: string;
  readonly params: [string, string][];
}

export function isForm(request: IncomingMessage): boolean {
  return /^multipart\/form-data\b/i.test(request.headers["content-type"] ?? "");
}

/** @returns undefined when the body is no form. @throws EngineError when it is too large, or carries files (external tables) */
export async function readMultipart(request: IncomingMessage, body: Body): Promise<Form | undefined> {
  if (!isForm(request)) return undefined;
  const contentType = request.headers["content-type"] ?? "";
  if (!body.complete) throw new EngineError(229, "QUERY_IS_TOO_LARGE", "The form is too large");
  refuseManyParts(body.head, contentType);
  let entries: FormData;
  try {
    entries = await new Response(body.head, { headers: { "Content-Type": contentType } }).formData();
  } catch (error) {
    throw new EngineError(36, "BAD_ARGUMENTS", "The multipart form cannot be read", { cause: error });
  }
  const params: [string, string][] = [];
  let sql = "";
  for (const [name, value] of entries) {
    if (typeof value !== "string") {
      throw new EngineError(
        48,
        "NOT_IMPLEMENTED",
        "External tables are not supported by the embedded server",
      );
    }
    if (name === "query") sql = value;
    if (name.startsWith("param_")) params.push([name.slice("param_".length), value]);
  }
  return { sql, params };
}

/**
 * Counts the parts before they are parsed: while 170,000 are (0.5 s on an idle machine, seconds on a busy one), nothing else is answered.
 */
function refuseManyParts(form: Buffer, contentType: string): void {
  const boundary = boundaryOf(contentType);
  if (boundary === undefined || boundary === "")
    throw new EngineError(36, "BAD_ARGUMENTS", "The multipart form has no boundary");
  const mark = `--${boundary}`;
  let parts = 0;
  for (let at = form.indexOf(mark); at >= 0; at = form.indexOf(mark, at + mark.length)) {
    parts += 1;
    // The last mark ends the form.
    if (parts > LIMITS.namesMax + 1) throw tooManyNames("The multipart form has too many parts");
  }
}

/** As the parser behind has it. */
function boundaryOf(contentType: string): string | undefined {
  try {
    return new MIMEType(contentType).params.get("boundary") ?? undefined;
  } catch {
    return undefined;
  }
}

export function tooManyNames(what: string): EngineError {
  return new EngineError(229, "QUERY_IS_TOO_LARGE", `${what}: there may be at most ${LIMITS.namesMax}`);
}
