import { ClickHouseError } from "@clickhouse/client";

/**
 * Answers after which the same bytes can never succeed, by ClickHouse's error code. Everything else is worth a retry: the
 * network, timeouts, memory limits, too many parts, an engine that is restarting, and also wrong credentials, a full disk or
 * a read-only disk, which someone mends while the message waits. A dead letter is for good, so the list names what is for good.
 */
const REFUSALS: Readonly<Record<number, string>> = {
  // The data does not parse, or does not fit the column it is for.
  6: "CANNOT_PARSE_TEXT",
  25: "CANNOT_PARSE_ESCAPE_SEQUENCE",
  26: "CANNOT_PARSE_QUOTED_STRING",
  27: "CANNOT_PARSE_INPUT_ASSERTION_FAILED",
  38: "CANNOT_PARSE_DATE",
  41: "CANNOT_PARSE_DATETIME",
  53: "TYPE_MISMATCH",
  69: "ARGUMENT_OUT_OF_BOUND",
  70: "CANNOT_CONVERT_TYPE",
  72: "CANNOT_PARSE_NUMBER",
  117: "INCORRECT_DATA", // among others an unknown field of a JSON row
  130: "CANNOT_READ_ARRAY_FROM_TEXT",
  131: "TOO_LARGE_STRING_SIZE",
  128: "TOO_LARGE_ARRAY_SIZE",
  190: "SIZES_OF_ARRAYS_DONT_MATCH",
  321: "VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE",
  349: "CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN",
  376: "CANNOT_PARSE_UUID",
  407: "DECIMAL_OVERFLOW",
  441: "CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING",
  467: "CANNOT_PARSE_BOOL",
  469: "VIOLATED_CONSTRAINT",
  563: "CANNOT_READ_MAP_FROM_TEXT",
  632: "UNEXPECTED_DATA_AFTER_PARSED_VALUE",
  675: "CANNOT_PARSE_IPV4",
  676: "CANNOT_PARSE_IPV6",
  691: "UNKNOWN_ELEMENT_OF_ENUM",
  // The statement names what does not exist, or says what cannot be said.
  8: "THERE_IS_NO_COLUMN",
  10: "NOT_FOUND_COLUMN_IN_BLOCK",
  16: "NO_SUCH_COLUMN_IN_TABLE",
  20: "NUMBER_OF_COLUMNS_DOESNT_MATCH",
  36: "BAD_ARGUMENTS",
  42: "NUMBER_OF_ARGUMENTS_DOESNT_MATCH",
  43: "ILLEGAL_TYPE_OF_ARGUMENT",
  44: "ILLEGAL_COLUMN",
  46: "UNKNOWN_FUNCTION",
  47: "UNKNOWN_IDENTIFIER",
  48: "NOT_IMPLEMENTED",
  50: "UNKNOWN_TYPE",
  57: "TABLE_ALREADY_EXISTS",
  60: "UNKNOWN_TABLE",
  62: "SYNTAX_ERROR",
  63: "UNKNOWN_AGGREGATE_FUNCTION",
  73: "UNKNOWN_FORMAT",
  80: "INCORRECT_QUERY",
  81: "UNKNOWN_DATABASE",
  82: "DATABASE_ALREADY_EXISTS",
  115: "UNKNOWN_SETTING",
  125: "INCORRECT_RESULT_OF_SCALAR_SUBQUERY",
  153: "ILLEGAL_DIVISION",
  164: "READONLY",
  179: "MULTIPLE_EXPRESSIONS_FOR_ALIAS",
  184: "ILLEGAL_AGGREGATION",
  207: "AMBIGUOUS_IDENTIFIER",
  215: "NOT_AN_AGGREGATE",
  386: "NO_COMMON_TYPE",
  395: "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO",
  452: "SETTING_CONSTRAINT_VIOLATION",
  456: "UNKNOWN_QUERY_PARAMETER",
  457: "BAD_QUERY_PARAMETER",
  // Too large, by a limit that a repeat meets again.
  158: "TOO_MANY_ROWS",
  161: "TOO_MANY_COLUMNS",
  167: "TOO_DEEP_AST",
  168: "TOO_BIG_AST",
  229: "QUERY_IS_TOO_LARGE",
  307: "TOO_MANY_BYTES",
  396: "TOO_MANY_ROWS_OR_BYTES",
  565: "TOO_MANY_PARTITIONS", // one insert touches more partitions than allowed
};

/**
 * Whether ClickHouse itself refuses this statement or its data for good. Looks through wrapped causes, and at codes only:
 * messages change between versions and repeat the user's own text.
 */
export function isRefusal(error: unknown): boolean {
  const code = clickHouseCode(error);
  return code !== undefined && REFUSALS[code] !== undefined;
}

/** ClickHouse's error code of this error or of one of its causes; undefined when ClickHouse did not answer. */
export function clickHouseCode(error: unknown): number | undefined {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof ClickHouseError) return Number(inner.code);
  }
  return undefined;
}
