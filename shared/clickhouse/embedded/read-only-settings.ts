import { EngineError } from "./engine-error.js";
import { LIMITS } from "./limits.js";
import { literal } from "./literal.js";

/** Largest value that the user may have; also what holds when nothing is asked for. */
const CAPPED: ReadonlyMap<string, number> = new Map([
  ["max_execution_time", LIMITS.readOnlyQueryMs / 1_000],
  ["max_memory_usage", LIMITS.readOnlyMemoryBytes],
  ["max_result_rows", LIMITS.readOnlyResultRows],
  ["max_result_bytes", LIMITS.readOnlyResultBytes],
]);

/** How an answer looks, and what clients send by themselves. None of these reads a file or lifts a limit. */
const HARMLESS = new Set([
  "date_time_input_format",
  "date_time_output_format",
  "cast_string_to_dynamic_use_inference",
  "bool_true_representation",
  "bool_false_representation",
  "session_timezone",
  "extremes",
  "join_use_nulls",
  "max_threads",
  "max_block_size",
  "prefer_column_name_to_alias",
  "decimal_check_overflow",
  "union_default_mode",
  "use_client_time_zone",
  "enable_http_compression",
  "network_compression_method",
  "send_progress_in_http_headers",
  "http_headers_progress_interval_ms",
  "http_write_exception_in_output_format",
  "cancel_http_readonly_queries_on_client_close",
  "add_http_cors_header",
]);

/**
 * Settings of a read-only statement: what the user asked for where that is harmless, the limits always, and `readonly` last. A
 * limit above ours becomes ours; an answer that meets it is an error, not a cut.
 *
 * @throws EngineError 164 for a setting that is not theirs to change
 */
export function readOnlySettings(
  asked: readonly (readonly [string, string])[],
): (readonly [string, string])[] {
  const settings = new Map<string, string>();
  let lowered = false;
  for (const [name, value] of asked) {
    const cap = CAPPED.get(name);
    if (cap !== undefined) {
      const wanted = Number(value);
      lowered ||= wanted > cap;
      if (wanted > 0 && wanted <= cap) settings.set(name, value); // 0 is "no limit" to ClickHouse
    } else if (name === "result_overflow_mode" && /^(throw|break)$/.test(value)) settings.set(name, value);
    else if (isHarmless(name)) settings.set(name, value);
    else if (name !== "readonly") throw refused(name);
  }
  for (const [name, cap] of CAPPED) if (!settings.has(name)) settings.set(name, String(cap));
  // Who asked to be cut at a million rows knows it; who asked for more than they get would not.
  if (lowered || !settings.has("result_overflow_mode")) settings.set("result_overflow_mode", "throw");
  // A second fence in the engine itself: no writes, no DDL, and none of these limits can be changed any more.
  return [...settings, ["allow_ddl", "0"], ["allow_introspection_functions", "0"], ["readonly", "2"]];
}

/**
 * `system.settings` as this user is to see it: clients, clickhouse-connect among them, send what it says may be changed. The engine
 * knows nothing of our list.
 */
export function settingsView(name: string): string {
  const listed = [...HARMLESS, ...CAPPED.keys(), "result_overflow_mode"].map(literal).join(", ");
  const formats = `startsWith(name, 'output_format_') AND name != 'output_format_schema'`;
  return `CREATE OR REPLACE VIEW ${name} AS
SELECT * REPLACE (toUInt8(NOT (name IN (${listed}) OR (${formats}))) AS readonly) FROM system.settings`;
}

/** `output_format_schema` is a path to which Protobuf and CapnProto write. */
function isHarmless(name: string): boolean {
  return HARMLESS.has(name) || (/^output_format_[a-z0-9_]+$/.test(name) && name !== "output_format_schema");
}

function refused(name: string): EngineError {
  return new EngineError(164, "READONLY", `Cannot modify '${name}' setting in readonly mode`);
}
