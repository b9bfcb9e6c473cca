import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

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
  readonly text: string;
}

/** `views/name.sql`: applied whenever it, or a view that it reads, is another than before. */
export interface ViewFile {
  readonly name: string;
  readonly file: string;
  /** SHA-256 of its text and of the checksums of the views that it reads. */
  readonly checksum: string;
  readonly text: string;
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
  const made = tables.flatMap(({ text }) => [...bare(text).matchAll(MADE_TABLE)].map(([, name]) => name));
  const texts = readViews(directory, new Set(made), problems);
  const views = problems.length === 0 ? inOrder(texts, problems) : [];
  if (problems.length > 0) throw new MigrationError(`The folder ${directory}: ${problems.join("; ")}`);
  return { tables, views };
}

const TABLE_FILE = /^(\d{4})_[a-z0-9-]+\.sql$/;
const MADE_TABLE = /\bCREATE TABLE (?:IF NOT EXISTS )?(\w+)/g;
const VIEW_FILE = /^([a-z][a-z0-9_]*)\.sql$/;

function readTables(directory: string, problems: string[]): TableFile[] {
  const files = sqlFiles(path.join(directory, "tables"));
  return files.map((name, index) => {
    const version = Number(TABLE_FILE.exec(name)?.[1]);
    if (!Number.isInteger(version)) problems.push(`tables/${name} is not named like 0001_name.sql`);
    else if (version !== index + 1)
      problems.push(`tables/${name} should have the number ${String(index + 1).padStart(4, "0")}`);
    const text = readFileSync(path.join(directory, "tables", name), "utf8");
    return { version: index + 1, file: `tables/${name}`, checksum: sha256(text), text };
  });
}

type ViewText = Omit<ViewFile, "checksum">;

function readViews(
  directory: string,
  tables: ReadonlySet<string | undefined>,
  problems: string[],
): ViewText[] {
  return sqlFiles(path.join(directory, "views")).map((file) => {
    const name = VIEW_FILE.exec(file)?.[1] ?? "";
    if (name === "") problems.push(`views/${file} is not named like the view in it`);
    // CREATE OR REPLACE would take the place of a table, and its rows with it.
    if (tables.has(name)) problems.push(`views/${file} has the name of a table`);
    const text = readFileSync(path.join(directory, "views", file), "utf8");
    const statement = bare(text).trim();
    if (!new RegExp(`^CREATE OR REPLACE VIEW ${name}\\b[^;]*;?$`).test(statement))
      problems.push(`views/${file} should be one statement, CREATE OR REPLACE VIEW ${name}`);
    return { name, file: `views/${file}`, text };
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
    const { name, file, text } = view;
    const words = new Set(bare(text).match(/\w+/g));
    const read = texts.filter((other) => other !== view && words.has(other.name));
    for (const other of read) visit(other, [...trail, name]);
    const checksum = sha256([text, ...read.map((other) => done.get(other.name)?.checksum)].join("\n"));
    done.set(name, { name, file, text, checksum });
  };
  for (const view of texts) visit(view, []);
  return [...done.values()];
}

/** What is neither text nor comment. Every start reads every file, and `sql-text.ts` would take ten times as long. */
function bare(sql: string): string {
  return sql.replaceAll(/'(?:[^'\\]|\\[\s\S]|'')*'|--[^\n]*|\/\*[\s\S]*?\*\//g, " ");
}

function sqlFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
