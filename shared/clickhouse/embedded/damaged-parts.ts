import { mkdirSync, readFileSync, renameSync } from "node:fs";
import path from "node:path";
import type { Engine } from "./engine.js";

/** Rows that the engine took out of a table when it opened it, because their files were broken. */
export interface DamagedPart {
  readonly table: string;
  readonly part: string;
  /** Folder in which they lie now; no query sees them. */
  readonly path: string;
  /** Unknown where the file that counts them is broken too. */
  readonly rows?: number | undefined;
}

/**
 * The engine puts broken parts into `detached` and goes on without them, which only its log says. Parts that a whole one
 * covers are left out: their rows were merged into it.
 */
const DETACHED = (database: string): string => `SELECT table, name AS part, path
FROM system.detached_parts AS detached
WHERE database = '${database}' AND reason != '' AND NOT EXISTS
(
    SELECT 1 FROM system.parts AS whole
    WHERE whole.active AND whole.database = detached.database AND whole.table = detached.table AND whole.partition_id = detached.partition_id
        AND whole.min_block_number <= detached.min_block_number AND whole.max_block_number >= detached.max_block_number
)
ORDER BY table, part`;

const TIMEOUT_MS = 60_000;

/** @param database its name, which is a plain word */
export async function damagedPartsOf(engine: Engine, database: string): Promise<DamagedPart[]> {
  const { bytes } = await engine.execute({
    sql: DETACHED(database),
    format: "JSONEachRow",
    database,
    settings: [],
    params: [],
    timeoutMs: TIMEOUT_MS,
    signal: new AbortController().signal,
  });
  const lines = Buffer.from(bytes).toString("utf8").split("\n").filter(Boolean);
  return lines.map((line) => {
    const row = JSON.parse(line) as Pick<DamagedPart, "table" | "part" | "path">;
    const rows = countOf(row.path);
    return { ...row, ...(rows !== undefined && { rows }) };
  });
}

/** Moves the parts into a folder of this moment below `folder`, by table. @returns that folder, undefined without parts */
export function putAside(parts: readonly DamagedPart[], folder: string): string | undefined {
  if (parts.length === 0) return undefined;
  const aside = path.join(folder, new Date().toISOString().replaceAll(":", "-"));
  for (const { table, path: from } of parts) {
    mkdirSync(path.join(aside, table), { recursive: true });
    renameSync(from, path.join(aside, table, path.basename(from)));
  }
  return aside;
}

function countOf(folder: string): number | undefined {
  try {
    const text = readFileSync(path.join(folder, "count.txt"), "utf8");
    return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined; // the damage reaches that far
  }
}
