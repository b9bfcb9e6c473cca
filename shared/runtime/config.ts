import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isMap, isScalar, LineCounter, parseDocument, type Document } from "yaml";
import { z } from "zod";
import { issueInWords } from "./config-words.js";
import { SECRET_JSON_SCHEMA, secretSchema } from "./secret-schema.js";
import { Secret } from "./secret.js";
import { withoutMistakes } from "./without-mistakes.js";

export interface ConfigProblem {
  /** 1-based line in the file; absent when the problem is that something is missing altogether. */
  readonly line?: number;
  /** `teams[3].budgets[0].amount` */
  readonly path: string;
  readonly message: string;
}

/** All mistakes of a configuration, or of a file that belongs to it, at once, each with its line. The command line exits with 2. */
export class ConfigError extends Error {
  readonly code = "CONFIG";
  readonly problems: readonly ConfigProblem[];

  constructor(file: string, problems: readonly ConfigProblem[], what = "The configuration") {
    const lines = problems.map(
      ({ line, path, message }) =>
        `  ${file}${line === undefined ? "" : `:${line}`}  ${path || "(top)"}: ${message}`,
    );
    super(
      `${what} has ${problems.length === 1 ? "a mistake" : `${problems.length} mistakes`}:\n${lines.join("\n")}`,
    );
    this.problems = problems;
  }
}

export interface ConfigSource {
  /** Name shown in messages; relative secret files are looked up beside it. */
  readonly file: string;
  readonly text: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Top-level sections whose secrets are read, all where absent: a process gets, and needs, only those that it uses. */
  readonly secretsOf?: readonly string[] | undefined;
}

type Path = readonly (string | number)[];
/** A check that a schema cannot express, over several sections. */
export interface ConfigCheck<T> {
  /** Sections without which it says nothing true: it waits while one of them has mistakes. */
  readonly needs?: readonly (keyof T)[];
  /** Sections whose names it looks for. What it says of a name that stands in a part of them that has a mistake may only be due to that. */
  readonly namesOf?: readonly (keyof T)[];
  /**
   * `{ path, message }` for each mistake: at what is wrong, or at the key that is.
   * @param isWhole whether a section is free of mistakes; what had some lacks the parts in which they were
   */
  readonly check: (config: T, isWhole: (section: keyof T) => boolean) => readonly Mistake[];
}

interface Mistake {
  readonly path: Path;
  readonly message: string;
}

/** Reads YAML against the schema and the checks. @throws ConfigError with every mistake and its line. */
export function parseConfig<S extends z.ZodType>(
  source: ConfigSource,
  schema: S,
  checks: readonly ConfigCheck<z.output<S>>[] = [],
): z.output<S> {
  const lines = new LineCounter();
  const document = parseDocument(source.text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      line: lines.linePos(error.pos[0]).line,
      path: "",
      message: inWords(error),
    }));
    throw new ConfigError(
      source.file,
      hasSection(document, schema)
        ? problems
        : [
            { path: "", message: "this does not look like an Apportion configuration" },
            ...problems.slice(0, STRANGE_ERRORS_SHOWN),
          ],
    );
  }
  const secretProblems: Mistake[] = [];
  const plain = plainValue(document, source);
  const loop = loopIn(plain);
  if (loop)
    throw new ConfigError(source.file, [
      {
        ...lineOf(document, lines, loop),
        path: printPath(loop),
        message: "contains itself: an alias (*name) stands within what its anchor (&name) marks",
      },
    ]);
  const value = withSecrets(plain, [], source, secretProblems);
  // It is parsed once: to compile the schema first takes longer than it saves.
  const parsed = schema.safeParse(value, { error: issueInWords, jitless: true });
  const found = parsed.success
    ? checks.flatMap(({ check }) => check(parsed.data, () => true))
    : mistakesOf(value, parsed.error.issues, schema, checks);
  const problems = [...secretProblems, ...found];
  if (problems.length > 0 || !parsed.success) {
    throw new ConfigError(
      source.file,
      problems.map(({ path, message }) => ({
        ...lineOf(document, lines, path),
        path: printPath(path),
        message,
      })),
    );
  }
  return parsed.data;
}

/** What a parser says of a file that is something else helps nobody for long. */
const STRANGE_ERRORS_SHOWN = 3;

function hasSection({ contents }: Document.Parsed, schema: z.ZodType): boolean {
  const sections = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return (
    isMap(contents) && contents.items.some(({ key }) => isScalar(key) && sections.includes(String(key.value)))
  );
}

/** @throws ConfigError for an alias that names nothing, or for so many that they are an attack */
function plainValue(document: Document, { file }: ConfigSource): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    throw new ConfigError(file, [{ path: "", message: inWords(error as Error) }]);
  }
}

/** The parser goes as deep as the file does. */
function inWords({ message }: Error): string {
  return message.includes("call stack") ? "lists and options are nested too deeply" : message;
}

/** Where a value lies within itself, which would have no end. */
function loopIn(value: unknown, path: Path = [], above: readonly unknown[] = []): Path | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (above.includes(value)) return path;
  const isList = Array.isArray(value);
  for (const [key, item] of Object.entries(value)) {
    const found = loopIn(item, [...path, isList ? Number(key) : key], [...above, value]);
    if (found) return found;
  }
  return undefined;
}

/** What the schema refuses, and what the checks find in the rest: one who mends a mistake must not be met by the next. */
function mistakesOf<S extends z.ZodType>(
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  schema: S,
  checks: readonly ConfigCheck<z.output<S>>[],
): Mistake[] {
  const ofType = new Set(
    issues.filter(({ code }) => code === "invalid_type").map(({ path }) => path.join("/")),
  );
  const mistakes = issues
    .filter(({ code, path }) => !code.startsWith("too_") || !ofType.has(path.join("/"))) // a text has another length than a list
    .flatMap(flattenIssue);
  const unknownOptions = new Set(
    issues
      .filter(({ code }) => code === "unrecognized_keys")
      .flatMap(flattenIssue)
      .map(({ path }) => printPath(path)),
  );
  const isUnknown = (path: Path): boolean => unknownOptions.has(printPath(path));
  const at = mistakes.map(({ path }) => path);
  const once = withoutMistakes(value, at, isUnknown);
  // A section that cannot do without what was wrong in it is left out whole.
  const sections = schema.safeParse(once.value).error?.issues.map(({ path }) => [String(path[0])]) ?? [];
  const remainder = sections.length === 0 ? once : withoutMistakes(value, [...at, ...sections], isUnknown);
  const rest = schema.safeParse(remainder.value);
  if (!rest.success) return mistakes;
  const { data } = rest;
  const damaged = new Set(mistakes.map(({ path }) => String(path[0])));
  const strange = mistakes.flatMap(({ path }) =>
    path.length === 1 && isUnknown(path) ? [String(path[0])] : [],
  );
  // A section in which there is nothing may be one whose name is misspelt.
  const isMisspelt = (section: PropertyKey): boolean =>
    strange.length > 0 && isEmpty(Reflect.get(data as object, section));
  const isWhole = (section: PropertyKey): boolean => !damaged.has(String(section)) && !isMisspelt(section);
  const further = checks
    .filter(({ needs = [] }) => needs.every(isWhole))
    .flatMap(({ check, namesOf = [] }) => {
      const unsure = namesOf.filter((section) => !isWhole(section));
      const places = [...unsure.map(String), ...(unsure.length > 0 ? strange : [])];
      const written = new Set(places.flatMap((section) => textsIn(remainder.leftOut(section))));
      return check(data, isWhole)
        .map(({ path, message }) => ({ path: remainder.originalPath(path), message }))
        .filter(({ path }) => !written.has(nameAt(value, path)));
    });
  return [...mistakes, ...further];
}

/** What a mistake is about: the text that stands there, or else the key. */
function nameAt(document: unknown, path: Path): string {
  const found = path.reduce<unknown>(
    (inner, part) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, part) : undefined),
    document,
  );
  const key = path.at(-1);
  return (typeof found === "string" ? found : typeof key === "string" ? key : "").toLowerCase();
}

/** All that may be a name: texts that are no date, numbers that want quotes, and keys. */
function textsIn(value: unknown): string[] {
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([key, item]) =>
      Array.isArray(value) ? textsIn(item) : [key.toLowerCase(), ...textsIn(item)],
    );
  const text = typeof value === "string" || typeof value === "number" ? String(value).toLowerCase() : "";
  return text === "" || /^\d{4}-\d\d(-\d\d)?$/.test(text) ? [] : [text];
}

function isEmpty(section: unknown): boolean {
  return section === undefined || (Array.isArray(section) && section.length === 0);
}

export function readConfigText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError(file, [
      {
        path: "",
        message: `cannot be read (${(error as NodeJS.ErrnoException).code}): give its place with --config FILE`,
      },
    ]);
  }
}

/** JSON Schema (2020-12) for editors. */
export function configJsonSchema(schema: z.ZodType): object {
  return z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      if ((zodSchema as unknown) === secretSchema) Object.assign(jsonSchema, SECRET_JSON_SCHEMA);
    },
  });
}

function flattenIssue(issue: z.core.$ZodIssue): Mistake[] {
  const path = issue.path.filter((part): part is string | number => typeof part !== "symbol");
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: "there is no such option; see `apportion config schema`",
    }));
  if (issue.code === "invalid_union") {
    // Of several forms the one that is meant is told by what is wrong further in.
    const meant = issue.errors.filter((issues) => issues.length > 0 && issues.every(isFurtherIn));
    if (meant.length === 1)
      return (meant[0] ?? []).flatMap((inner) =>
        flattenIssue({ ...inner, path: [...issue.path, ...inner.path] }),
      );
  }
  if (issue.code === "invalid_key") return issue.issues.map(({ message }) => ({ path, message }));
  return [{ path, message: issue.message }];
}

function isFurtherIn({ path, code }: z.core.$ZodIssue): boolean {
  return path.length > 0 || code === "unrecognized_keys";
}

/** Replaces `{ env: NAME }` and `{ file: PATH }` by secrets, and keeps what cannot be read as problems. */
function withSecrets(value: unknown, path: Path, source: ConfigSource, problems: Mistake[]): unknown {
  if (Array.isArray(value))
    return value.map((item, index) => withSecrets(item, [...path, index], source, problems));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (
    entries.length === 1 &&
    only &&
    typeof only[1] === "string" &&
    (only[0] === "env" || only[0] === "file")
  ) {
    const [section] = path;
    if (source.secretsOf && !source.secretsOf.includes(String(section)))
      return Secret.absent(`the secrets of the section ${section} are not for this process`);
    const secret =
      only[0] === "env" ? source.env[only[1]] : readSecretFile(resolve(dirname(source.file), only[1]));
    if (secret === undefined || secret === "") {
      problems.push({
        path,
        message: `${only[0] === "env" ? "environment variable" : "file"} ${only[1]} is missing or empty`,
      });
    }
    // Something stands for a missing one, so that the rest is checked; the configuration is refused all the same.
    return secret ? new Secret(secret) : Secret.absent(`${only[1]} is missing or empty`);
  }
  return Object.fromEntries(
    entries.map(([key, item]) => [key, withSecrets(item, [...path, key], source, problems)]),
  );
}

function readSecretFile(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch {
    return undefined; // reported by the caller with the option's path and line
  }
}

/** The line of the node, or of the nearest parent that is in the file. */
function lineOf(document: Document, lines: LineCounter, path: Path): { line?: number } {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = document.getIn(path.slice(0, depth - 1), true);
    const last = path[depth - 1];
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && item.key.value === last)
      : undefined;
    const node = (pair?.key ?? document.getIn(path.slice(0, depth), true)) as
      { range?: readonly number[] } | undefined;
    const start = node?.range?.[0];
    if (start !== undefined) return { line: lines.linePos(start).line };
  }
  return {};
}

function printPath(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : text === "" ? part : `${text}.${part}`),
    "",
  );
}
