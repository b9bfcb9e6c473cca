import { SERVICES_ONLY } from "../services-only.js";
import { meaningful } from "../sql-text.js";
import { EngineError } from "./engine-error.js";
import type { Engine, Statement } from "./engine.js";
import { COMBINATORS_SQL, FUNCTIONS_SQL, FunctionCatalog, type FunctionRow } from "./function-catalog.js";
import type { HttpQuery } from "./http-request.js";
import { LIMITS } from "./limits.js";
import { literal } from "./literal.js";
import { readOnlySettings, settingsView } from "./read-only-settings.js";

const SELECTS = ["SelectWithUnionQuery", "SelectIntersectExceptQuery", "SelectQuery"];
const SHOWS = ["ShowTables", "ShowColumns", "ShowFunctions", "ShowEngineQuery"];
const NAMED =
  /^(?:ShowCreate(?:Table|View|Dictionary|Database)|Exists(?:Table|View|Dictionary|Database))Query\b/;
const EXPLAIN = /^Explain EXPLAIN(?: AST| SYNTAX| QUERY TREE| PIPELINE| ESTIMATE)?(?: \(children \d+\))?$/;

/** In the place of `system.settings`, in the database that holds nothing else. */
const SETTINGS = "default.settings";

/** Tables of `system` that describe the engine and our own tables. Not here: other people's queries, logs, files, secrets. */
const SYSTEM_TABLES = new Set(
  (
    "aggregate_function_combinators build_options collations columns contributors data_skipping_indices data_type_families " +
    "database_engines databases dictionaries documentation formats functions keywords licenses merge_tree_settings numbers " +
    "numbers_mt one parts parts_columns primes projections settings table_engines table_functions tables time_zones zeros zeros_mt"
  ).split(" "),
);

/**
 * What an analyst may run. The engine's own `readonly` mode lets pass scalar `file()`, `INTO OUTFILE`, `KILL QUERY` and several
 * statements at once, so the statement is looked at as the engine's parser understands it: it is parsed and printed in its
 * canonical form, the tree of that form is checked against lists of what is allowed, and that form is what runs.
 */
export class ReadOnlyFence {
  readonly #engine: Engine;
  readonly #database: string;
  readonly #catalog: FunctionCatalog;

  private constructor(engine: Engine, database: string, catalog: FunctionCatalog) {
    this.#engine = engine;
    this.#database = database;
    this.#catalog = catalog;
  }

  static async create(engine: Engine, database: string): Promise<ReadOnlyFence> {
    const ask = async <Row>(sql: string): Promise<Row[]> => {
      const { bytes } = await engine.execute(inspection(sql, "JSON", database, AbortSignal.timeout(30_000)));
      return (JSON.parse(Buffer.from(bytes).toString("utf8")) as { data: Row[] }).data;
    };
    const functions = await ask<FunctionRow>(FUNCTIONS_SQL);
    const combinators = await ask<{ name: string }>(COMBINATORS_SQL);
    const view = inspection(settingsView(SETTINGS), "Null", database, AbortSignal.timeout(30_000));
    await engine.execute({ ...view, settings: [] });
    const catalog = new FunctionCatalog(
      functions,
      combinators.map(({ name }) => name),
    );
    return new ReadOnlyFence(engine, database, catalog);
  }

  /** The statement to run in place of what was asked. @throws EngineError saying what is not allowed */
  async allow(sql: string, query: HttpQuery, signal: AbortSignal): Promise<Statement> {
    if (sql.length > LIMITS.readOnlyQueryBytesMax) {
      throw new EngineError(
        229,
        "QUERY_IS_TOO_LARGE",
        `Query is larger than ${LIMITS.readOnlyQueryBytesMax} bytes`,
      );
    }
    if (![this.#database, "default", "information_schema", "INFORMATION_SCHEMA"].includes(query.database)) {
      throw denied(`database ${query.database}`);
    }
    const canonical = await this.#ask(`SELECT formatQuerySingleLine(${literal(sql)})`, signal).catch(
      asOwnError,
    );
    const words = [...meaningful(canonical)];
    this.#refuseText(words);
    const tree = (await this.#ask(`EXPLAIN AST ${canonical}`, signal, query.params)).split("\n");
    this.#refuseTree(tree);
    await this.#refuseServicesOnly(tree, signal);
    if (SHOWS.includes(kindOf(tree[0]))) refuseShow(words);
    const { database, format, params } = query;
    const settings = readOnlySettings(query.settings);
    return {
      sql: withOwnSettings(canonical, words),
      format,
      database,
      params,
      settings,
      timeoutMs: LIMITS.readOnlyQueryMs,
      signal,
    };
  }

  async #ask(sql: string, signal: AbortSignal, params: HttpQuery["params"] = []): Promise<string> {
    const statement = { ...inspection(sql, "TabSeparatedRaw", this.#database, signal), params };
    const { bytes } = await this.#engine.execute(statement);
    return Buffer.from(bytes).toString("utf8").trimEnd();
  }

  /** Asked each time: which tables these are is said by migrations, which may run meanwhile. */
  async #refuseServicesOnly(tree: readonly string[], signal: AbortSignal): Promise<void> {
    // What describes a table by its name reads none of it; any SELECT may, also in DESCRIBE, which evaluates what is in brackets.
    if (!tree.some((line) => SELECTS.includes(kindOf(line)))) return;
    const read = tablesRead(tree);
    if (read.size === 0) return;
    const names = await this.#ask(
      `SELECT name, comment FROM system.tables WHERE database = ${literal(this.#database)} AND startsWith(comment, ${literal(SERVICES_ONLY)})`,
      signal,
    );
    for (const line of names.split("\n")) {
      const [name = "", comment = ""] = line.split("\t");
      if (read.has(name))
        throw denied(`table ${name}. ${comment}; docs/analysts.md lists what is for analysts`);
    }
  }

  #refuseTree(lines: readonly string[]): void {
    const [root = "", child = ""] = lines;
    const explains = EXPLAIN.test(root) && SELECTS.includes(kindOf(child));
    if (![...SELECTS, ...SHOWS, "DescribeQuery"].includes(kindOf(root)) && !explains && !NAMED.test(root)) {
      throw new EngineError(
        164,
        "READONLY",
        "Cannot execute query in readonly mode: only SELECT, SHOW, DESCRIBE, EXPLAIN and EXISTS",
      );
    }
    for (const [index, line] of lines.entries()) {
      const isTable = kindOf(lines[index - 1]) === "TableExpression";
      if (isTable && isPlainValues(lines.slice(index, index + 3))) continue;
      this.#refuseNode(line.trim(), isTable);
    }
  }

  #refuseNode(node: string, isTable: boolean): void {
    const [kind = "", name = ""] = node.split(" ", 2);
    if (kind === "Set")
      throw new EngineError(
        164,
        "READONLY",
        "Cannot modify settings in readonly mode: SETTINGS is not allowed",
      );
    const allows = isTable ? this.#catalog.allowsTable(name) : this.#catalog.allows(name);
    if (kind === "Function" && !allows) throw denied(`function ${name}`);
    if (kind === "ColumnsApplyTransformer") throw denied("APPLY"); // the tree does not say of what
    if (kind === "TableOverride" || kind === "Storage") throw denied(`${kind} in EXPLAIN`);
    // A table, or a column behind its table's whole name, as Java's driver writes it.
    const table = /^(?:TableIdentifier|Identifier) system\.([^\s.]+)/i.exec(node)?.[1];
    if (table !== undefined && !SYSTEM_TABLES.has(table)) throw denied(`table system.${table}`);
  }

  /** What the tree does not show: where the answer goes, functions by name, and names that parameters fill in. */
  #refuseText(words: readonly Word[]): void {
    for (const [index, { kind, text }] of words.entries()) {
      const next = words[index + 1]?.text ?? "";
      if (kind === "word" && text === "INTO" && next === "OUTFILE") throw denied("INTO OUTFILE");
      if (kind === "symbol" && text === ":" && next === "Identifier")
        throw denied("parameters of type Identifier");
      if (kind === "symbol" && text === ";") throw denied("several statements");
      const name = nameOf({ kind, text });
      const isColumn = words[index - 1]?.text === "." && next !== "(";
      if (!isColumn && this.#catalog.refuses(name)) throw denied(`function ${name}`);
    }
  }
}

/** Names, without their database, of what a statement may read: behind FROM and JOIN, on the right of IN, and what is given another name. */
function tablesRead(tree: readonly string[]): Set<string> {
  const depthOf = (line: string): number => line.length - line.trimStart().length;
  const names = new Set<string>();
  const isNamed = /^(?:Table)?Identifier (?:\S*\.)?(\S+)/;
  for (const [index, line] of tree.entries()) {
    if (kindOf(line) === "TableIdentifier" || /^Identifier .*\(alias /.test(line.trim()))
      names.add(isNamed.exec(line.trim())?.[1] ?? "");
    if (!/^Function \w*in(?:IgnoreSet)?\b/i.test(line.trim())) continue;
    const depth = depthOf(line) + 2;
    const end = tree.findIndex((below, at) => at > index + 1 && depthOf(below) < depth);
    const right = tree
      .slice(index + 2, end < 0 ? undefined : end)
      .findLast((below) => depthOf(below) === depth);
    if (kindOf(right) === "Identifier") names.add(isNamed.exec(right?.trim() ?? "")?.[1] ?? "");
  }
  return names;
}

/** Rows that stand in the statement. Not with a structure in front, a text that may call functions which no list sees. */
function isPlainValues([call = "", , first = ""]: readonly string[]): boolean {
  return (
    /^Function VALUES\b/i.test(call.trim()) && /^(?:Literal Tuple_\(|Function tuple\b)/.test(first.trim())
  );
}

/** The read-only user's view of the settings in place of the engine's table, which says of each that it may be changed. */
function withOwnSettings(canonical: string, words: readonly Word[]): string {
  const at = words.filter(
    (word, index) =>
      nameOf(word) === "system" && words[index + 1]?.text === "." && nameOf(words[index + 2]) === "settings",
  );
  return at.reduceRight((sql, { start, end }) => `${sql.slice(0, start)}default${sql.slice(end)}`, canonical);
}

type Word = ReturnType<typeof meaningful> extends Generator<infer Item> ? Item : never;

function nameOf(word: Pick<Word, "kind" | "text"> | undefined): string {
  if (word?.kind === "word") return word.text;
  return word?.kind === "quoted" ? word.text.slice(1, -1) : "";
}

function kindOf(line = ""): string {
  return line.trim().split(" ", 1)[0] ?? "";
}

/** The tree of a SHOW leaves out its conditions, which may read whatever a SELECT can. LIKE takes a text only. */
function refuseShow(words: readonly Word[]): void {
  for (const { kind, text } of words) {
    if (kind === "word" && text === "WHERE") throw denied("WHERE in SHOW; use LIKE, or SELECT from system");
    if (kind === "symbol" && text === "(") throw denied("brackets in SHOW");
  }
}

/** The parser's words without the question in which we wrapped the user's statement. */
function asOwnError(error: unknown): never {
  if (!(error instanceof EngineError)) throw error;
  const [message = ""] = error.message.split(": In scope SELECT formatQuerySingleLine(", 1);
  throw new EngineError(error.code, error.type, message, { cause: error });
}

function denied(what: string): EngineError {
  return new EngineError(
    497,
    "ACCESS_DENIED",
    `Not enough privileges: the read-only user may not use ${what}`,
  );
}

function inspection(sql: string, format: string, database: string, signal: AbortSignal): Statement {
  const settings = [["readonly", "2"]] as const;
  return { sql, format, database, settings, params: [], timeoutMs: LIMITS.readOnlyQueryMs, signal };
}
