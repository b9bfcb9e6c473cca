import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** A TypeScript file of the repository by its path, e.g. `shared/domain/money.ts`. */
export interface Source {
  readonly file: string;
  readonly text: string;
}

/** What a file imports, as paths of files: at run time, and for its types alone. */
export interface Imports {
  readonly values: readonly string[];
  readonly types: readonly string[];
}

/** Folder of each package by its name. */
export type Packages = ReadonlyMap<string, string>;

export function packagesOf(root: string, manifests: readonly string[]): Packages {
  return new Map(
    manifests.map((manifest) => {
      const { name } = JSON.parse(readFileSync(join(root, manifest), "utf8")) as { name: string };
      return [name, dirname(manifest)];
    }),
  );
}

const IMPORT = /^(?:import|export)\s+(type\s+)?([^;]*?)\s*from\s+"([^"]+)"/gm;

export function importsOf({ file, text }: Source, packages: Packages): Imports {
  const values: string[] = [];
  const types: string[] = [];
  for (const [, type, names = "", specifier = ""] of text.matchAll(IMPORT)) {
    const target = targetOf(file, specifier, packages);
    if (target === undefined) continue;
    const named = /^\{(.*)\}$/s.exec(names.trim())?.[1]?.split(",") ?? [];
    const each = named.map((name) => name.trim()).filter((name) => name !== "");
    const isType = type !== undefined || (each.length > 0 && each.every((name) => name.startsWith("type ")));
    (isType ? types : values).push(target);
  }
  return { values, types };
}

function targetOf(file: string, specifier: string, packages: Packages): string | undefined {
  if (specifier.startsWith(".")) return normalize(join(dirname(file), specifier)).replace(/\.js$/, ".ts");
  for (const [name, folder] of packages)
    if (specifier.startsWith(`${name}/`)) return `${folder}/${specifier.slice(name.length + 1)}.ts`;
  return undefined;
}

/** Files that import each other in a circle, as paths that come back to where they begin; imports of types count. */
export function circlesIn(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const at = path.indexOf(file);
    if (at !== -1) circles.push([...path.slice(at), file]);
    if (at !== -1 || done.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return circles;
}

/** The longest chain of imports, its files in their order. The graph has no circle. */
export function longestChain(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const known = new Map<string, readonly string[]>();
  const from = (file: string): readonly string[] => {
    const before = known.get(file);
    if (before) return before;
    const rest = (graph.get(file) ?? []).map(from);
    const chain = [file, ...rest.reduce((most, each) => (each.length > most.length ? each : most), [])];
    known.set(file, chain);
    return chain;
  };
  return [...graph.keys()].map(from).reduce((most, each) => (each.length > most.length ? each : most), []);
}

/** Who inserts into the tables of a file in `migrations/tables`, and reads them beside the books. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  readings: ["services/intake"],
  cells: ["services/intake"],
  runs: ["services/allocator"],
  books: ["services/ledger"],
  adjustments: ["services/ledger"],
  decisions: ["services/explorer"],
  notifier: ["services/notifier"],
  utilisation: ["services/intake"],
  advisor: ["services/advisor"],
  forecasts: ["services/advisor"],
  recovery: ["shared/recovery"],
  // A demo's clock is set by the demo.
  deployment: ["shared/platform", "services/all-in-one"],
};
/** Reads everything; and recovery, which compares tables with the log and puts rows back. */
const READERS: readonly string[] = ["shared/books", "shared/recovery"];
/** Asks as analysts do: views alone. */
const ANALYSTS: readonly string[] = ["deploy/grafana"];
/** Views whose rows are an owner's alone, or of the health of a process. */
const VIEWS_BESIDE_BOOKS: Readonly<Record<string, readonly string[]>> = {
  current_snapshots: ["services/intake"],
  latest_runs: ["services/allocator"],
  last_readings: ["shared/platform"],
};

export interface Tables {
  /** Room of each table. */
  readonly rooms: ReadonlyMap<string, string>;
  readonly views: readonly string[];
}

const READ = /\b(?:FROM|JOIN|TABLE)\s+(\w+)/g;
/** What help tells people to ask. */
const EXAMPLE = /"SELECT \* FROM \w+/g;
const WRITTEN = /(?:insert(?:Rows|Table|Bytes)\(\s*\w+,\s*"|\bINSERT INTO )(\w+)/g;

/** What of the SQL in a file is not its business, in words. */
export function trespasses({ file, text }: Source, { rooms, views }: Tables): string[] {
  const own = file.split("/").slice(0, 2).join("/");
  const found: string[] = [];
  for (const [, name = ""] of text.matchAll(WRITTEN)) {
    const owners = OWNERS[rooms.get(name) ?? ""] ?? [];
    if (rooms.has(name) && !owners.includes(own))
      found.push(`${file} inserts into ${name}, which is ${owners.join(" and ")}'s alone`);
  }
  for (const [, name = ""] of text.replaceAll(EXAMPLE, "").matchAll(READ)) {
    const owners = OWNERS[rooms.get(name) ?? ""] ?? [];
    if (rooms.has(name) && ![...owners, ...READERS].includes(own))
      found.push(`${file} reads ${name}: ask shared/books, which reads for everybody`);
    if (views.includes(name) && ![...READERS, ...ANALYSTS, ...(VIEWS_BESIDE_BOOKS[name] ?? [])].includes(own))
      found.push(`${file} reads the view ${name}, which is for analysts: ask shared/books`);
  }
  return found;
}
