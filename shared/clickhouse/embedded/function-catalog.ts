/** One row of `system.functions`. */
export interface FunctionRow {
  readonly name: string;
  readonly is_aggregate: number;
  readonly alias_to: string;
  readonly categories: string;
}

export const FUNCTIONS_SQL = "SELECT name, is_aggregate, alias_to, categories FROM system.functions";
export const COMBINATORS_SQL = "SELECT name FROM system.aggregate_function_combinators";

/** Categories that compute from their arguments (or read our own tables) and do nothing else. A new category is shut until it is read. */
const CATEGORIES = new Set([
  "Aggregate Functions",
  "Arithmetic",
  "Arrays",
  "Bit",
  "Bitmap",
  "Comparison",
  "Conditional",
  "Dates and Times",
  "Dictionary",
  "Distance",
  "Encoding",
  "Encryption",
  "Financial",
  "Geo",
  "Geo Polygon",
  "Hash",
  "IP Address",
  "JSON",
  "Logical",
  "Map",
  "Mathematical",
  "Null",
  "NumericIndexedVector",
  "Random Number",
  "Rounding",
  "String",
  "String Replacement",
  "String Search",
  "String Splitting",
  "Time Window",
  "Tuple",
  "Type Conversion",
  "URL",
  "UUID",
]);

/** Of the mixed category "Other" and of "Internal", the harmless ones that analysts and their tools use. */
const SINGLE = [
  ..."bar transform identity materialize ignore indexHint version currentDatabase currentUser currentSchemas".split(
    " ",
  ),
  ..."queryID initialQueryID currentQueryID connectionId uptime displayName hostName getSetting".split(" "),
  ..."toTypeName toColumnTypeName byteSize blockSize blockNumber rowNumberInBlock rowNumberInAllBlocks".split(
    " ",
  ),
  ..."neighbor runningDifference runningDifferenceStartingWithFirstValue runningAccumulate".split(" "),
  ..."formatReadableSize formatReadableDecimalSize formatReadableQuantity formatReadableTimeDelta".split(" "),
  ..."parseReadableSize parseReadableSizeOrNull parseReadableSizeOrZero parseTimeDelta".split(" "),
  ..."formatQuery formatQueryOrNull formatQuerySingleLine formatQuerySingleLineOrNull normalizeQuery".split(
    " ",
  ),
  ..."finalizeAggregation initializeAggregation throwIf isConstant isDecimalOverflow countDigits".split(" "),
  ..."defaultValueOfArgumentType defaultValueOfTypeName getSizeOfEnumType errorCodeToName".split(" "),
  ..."lowCardinalityIndices lowCardinalityKeys getSubcolumn variantElement variantType visibleWidth".split(
    " ",
  ),
  ..."minSampleSizeContinuous minSampleSizeConversion dumpColumnStructure partitionId".split(" "),
  ..."_CAST caseWithExpression nested".split(" "),
];

/** Parts of the syntax that the parser shows as functions. */
const SYNTAX = "lambda exists grouping untuple cast".split(" ");

/**
 * Table functions that read nothing. Not `values`, `null` or `format`: they take columns as text, and `x UInt8 DEFAULT
 * CAST(file('/etc/passwd'), 'UInt8')` calls what no list sees. `VALUES (…)` becomes `SQLStandardValues`, which takes none.
 */
const TABLE_FUNCTIONS =
  "numbers numbers_mt zeros zeros_mt generateSeries generate_series primes SQLStandardValues view".split(" ");

/**
 * Which functions a read-only user may call. A list of what is allowed, taken from the engine's own catalogue by category, so
 * that a function of a later version that reads files or calls out is shut from the start.
 */
export class FunctionCatalog {
  readonly #allowed: ReadonlySet<string>;
  readonly #known: ReadonlySet<string>;
  readonly #tables = new Set(TABLE_FUNCTIONS);
  readonly #aggregates: ReadonlySet<string>;
  /** Suffixes of aggregate functions (`If`, `Merge` …), in lower case. */
  readonly #combinators: readonly string[];

  constructor(functions: readonly FunctionRow[], combinators: readonly string[]) {
    const byName = new Map(functions.map((row) => [row.name, row]));
    const single = new Set(SINGLE);
    const original = (row: FunctionRow): FunctionRow => byName.get(row.alias_to) ?? row;
    const allowed = functions.filter((row) => {
      const { name, categories } = original(row);
      return CATEGORIES.has(categories) || single.has(name);
    });
    const lower = (names: readonly string[]): string[] => names.map((name) => name.toLowerCase());
    this.#allowed = new Set(lower([...allowed.map(({ name }) => name), ...SYNTAX]));
    this.#known = new Set(lower(functions.map(({ name }) => name)));
    this.#aggregates = new Set(
      lower(functions.filter((row) => row.is_aggregate === 1).map(({ name }) => name)),
    );
    this.#combinators = lower(combinators);
  }

  allows(name: string): boolean {
    const lower = name.toLowerCase();
    return this.#allowed.has(lower) || this.#isCombined(lower);
  }

  /** A call in the place of a table. Some names, as `format`, are both: harmless as a function, not as a table. */
  allowsTable(name: string): boolean {
    return this.#tables.has(name);
  }

  /** A function of the engine that is not allowed: its bare name is as good as a call in `arrayMap(file, paths)`. */
  refuses(name: string): boolean {
    const lower = name.toLowerCase();
    return this.#known.has(lower) && !this.#allowed.has(lower);
  }

  #isCombined(name: string): boolean {
    if (this.#aggregates.has(name)) return this.#allowed.has(name);
    return this.#combinators.some(
      (suffix) => name.endsWith(suffix) && this.#isCombined(name.slice(0, -suffix.length)),
    );
  }
}
