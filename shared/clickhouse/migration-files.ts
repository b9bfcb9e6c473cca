import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { meaningful, splitStatements } from "./sql-text.js";

/** What is wrong with the migrations, as a whole: nothing was applied. */
export class MigrationError extends Error {
  readonly code = "MIGRATION";
}

/** `tables/0001_name.sql`: applied once, in order. */
export interface TableFile {
  readonly version: number;
  /** With its folder, as all files here are named. */
  readonly file: string;
  /** SHA-256 of its text. */
  readonly checksum: string;
  readonly statements: readonly string[];
}

/** `views/name.sql`: applied whenever it, or a view that it reads, is another than before. */
export interface ViewFile {
  readonly name: string;
  readonly file: string;
  /** SHA-256 of its text and of the checksums of the views that it reads. */
  readonly checksum: string;
  readonly statement: string;
}

export interface MigrationFiles {
  readonly tables: readonly TableFile[];
  /** Each after those that it reads. */
  readonly views: readonly ViewFile[];
}

/** @throws MigrationError naming every file that is misnamed, misnumbered or not what its name says */
export function readMigrationFiles(directory: string): MigrationFiles {
  const problems: string[] = [];
  const tables = readTables(directory, problems);
  const made = new Set(tables.flatMap(({ statements }) => statements.flatMap((sql) => madeTable(sql) ?? [])));
  const texts = readViews(directory, made, problems);
  const views = problems.length === 0 ? inOrder(texts, problems) : [];
  if (problems.length > 0) throw new MigrationError(`The folder ${directory}: ${problems.join("; ")}`);
  return { tables, views };
}

const TABLE_FILE = /^(\d{4})_[a-z0-9-]+\.sql$/;
const VIEW_FILE = /^([a-z][a-z0-9_]*)\.sql$/;

function readTables(directory: string, problems: string[]): TableFile[] {
  const files = sqlFiles(path.join(directory, "tables"));
  return files.map((name, index) => {
    const version = Number(TABLE_FILE.exec(name)?.[1]);
    if (!Number.isInteger(version)) problems.push(`tables/${name} is not named like 0001_name.sql`);
    else if (version !== index + 1)
      problems.push(`tables/${name} should have the number ${String(index + 1).padStart(4, "0")}`);
    const text = readFileSync(path.join(directory, "tables", name), "utf8");
    return {
      version: index + 1,
      file: `tables/${name}`,
      checksum: sha256(text),
      statements: splitStatements(text),
    };
  });
}

type ViewText = Omit<ViewFile, "checksum"> & { readonly text: string };

function readViews(directory: string, tables: ReadonlySet<string>, problems: string[]): ViewText[] {
  return sqlFiles(path.join(directory, "views")).map((file) => {
    const name = VIEW_FILE.exec(file)?.[1] ?? "";
    if (name === "") problems.push(`views/${file} is not named like the view in it`);
    // CREATE OR REPLACE would take the place of a table, and its rows with it.
    if (tables.has(name)) problems.push(`views/${file} has the name of a table`);
    const text = readFileSync(path.join(directory, "views", file), "utf8");
    const statements = splitStatements(text);
    const [statement = ""] = statements;
    const [create, or, replace, view, made] = wordsOf(statement);
    if (
      statements.length !== 1 ||
      `${create} ${or} ${replace} ${view} ${made}` !== `CREATE OR REPLACE VIEW ${name}`
    )
      problems.push(`views/${file} should be one statement, CREATE OR REPLACE VIEW ${name}`);
    return { name, file: `views/${file}`, statement, text };
  });
}

/** A view reads whatever view it names: too much, where a column has the name of a view, and never too little. */
function inOrder(texts: readonly ViewText[], problems: string[]): ViewFile[] {
  const done = new Map<string, ViewFile>();
  const visit = (view: ViewText, trail: readonly string[]): void => {
    if (done.has(view.name)) return;
    if (trail.includes(view.name)) {
      problems.push(
        `views read each other in a circle: ${[...trail.slice(trail.indexOf(view.name)), view.name].join(", ")}`,
      );
      return;
    }
    const { name, file, statement, text } = view;
    const words = new Set(wordsOf(statement));
    const read = texts.filter((other) => other !== view && words.has(other.name));
    for (const other of read) visit(other, [...trail, name]);
    const checksum = sha256([text, ...read.map((other) => done.get(other.name)?.checksum)].join("\n"));
    done.set(name, { name, file, statement, checksum });
  };
  for (const view of texts) visit(view, []);
  return [...done.values()];
}

function madeTable(sql: string): string | undefined {
  const [create, table, ...rest] = wordsOf(sql);
  if (create !== "CREATE" || table !== "TABLE") return undefined;
  return rest[0] === "IF" ? rest[3] : rest[0];
}

function wordsOf(sql: string): string[] {
  return [...meaningful(sql)].filter(({ kind }) => kind === "word").map(({ text }) => text);
}

function sqlFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
