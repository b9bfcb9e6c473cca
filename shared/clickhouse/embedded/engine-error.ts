/** What ClickHouse says when it refuses: its code, the code's name and its words. */
export class EngineError extends Error {
  readonly code: number;
  readonly type: string;

  constructor(code: number, type: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EngineError";
    this.code = code;
    this.type = type;
  }

  /** As a server puts it into the body of an answer; clients read code and type from this text. */
  toBody(version: string): string {
    return `Code: ${this.code}. DB::Exception: ${this.message} (${this.type}) (version ${version})\n`;
  }
}

const ENGINE_TEXT =
  /^(?:Query failed: )?Code: (?<code>\d+)\. DB::Exception: (?<message>[\s\S]*?)\s*\((?<type>[A-Z][A-Z0-9_]{2,})\)\s*$/;

/** Reads the engine's own error text; what is not in its form is an engine in trouble, which a retry may mend. */
export function engineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const groups = ENGINE_TEXT.exec(text)?.groups;
  if (!groups) return new EngineError(1002, "UNKNOWN_EXCEPTION", text, { cause: error });
  const { code = "1002", message = text, type = "UNKNOWN_EXCEPTION" } = groups;
  return new EngineError(Number(code), type, message, { cause: error });
}

/** HTTP status of a code, as the server chooses it (`exceptionCodeToHTTPStatus` of its sources). */
const STATUS: ReadonlyMap<number, readonly number[]> = new Map([
  [401, [194]],
  [403, [192, 193, 497, 512, 516]],
  [
    400,
    [
      6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675,
      676,
    ],
  ],
  [404, [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511]],
  [408, [159]],
  [411, [381]],
  [413, [229]],
  [415, [779]],
  [501, [48]],
  [503, [76, 209, 439]],
]);

export function httpStatus(code: number): number {
  for (const [status, codes] of STATUS) if (codes.includes(code)) return status;
  return 500;
}
