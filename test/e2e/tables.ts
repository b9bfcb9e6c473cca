import { runCli } from "./cli.js";

const TABLES = {
  snapshots: "SELECT * FROM current_snapshots",
  facts: "SELECT * FROM current_cost_facts",
  cells: "SELECT * FROM current_cells",
  // Whoever computes a run again does so in an attempt of its own.
  runs: "SELECT * EXCEPT attempt FROM current_runs",
  lines: "SELECT * FROM current_allocations",
  journals: "SELECT * FROM journals",
  entries: "SELECT * FROM posted_entries",
  deliveries: "SELECT DISTINCT delivery_key, message_id, recipients FROM deliveries",
  quarantined: "SELECT * FROM pending_quarantine",
};

/** All that users see of the tables of a folder: by table, its rows as sorted lines. Asked at once, since each command starts an engine. */
export async function tablesOf(data: string): Promise<Record<string, readonly string[]>> {
  const query = Object.entries(TABLES)
    .map(
      ([name, rows]) =>
        `SELECT '${name}' AS name, arraySort(groupArray(formatRowNoNewline('JSONEachRow', *))) AS rows FROM (${rows})`,
    )
    .join("\nUNION ALL\n");
  const { code, stdout, stderr } = await runCli(["sql", query, "--format", "JSONEachRow", "--data", data]);
  if (code !== 0) throw new Error(stderr);
  const tables = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly name: string; readonly rows: readonly string[] });
  return Object.fromEntries(tables.map(({ name, rows }) => [name, rows]));
}
