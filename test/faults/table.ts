/** What came of one fault. */
export interface Result {
  readonly fault: string;
  readonly verdict: "recovered" | "lost" | "doubled" | "stuck";
  /** From its end until everything that was published was charged and said, in milliseconds. */
  readonly recoveredMs: number;
}

const COLUMNS = ["fault", "times", "lost", "doubled", "stuck", "seconds to recover (median, worst)"];

/** A Markdown table with a row for each kind of fault, and one for all. */
export function tableOf(
  results: readonly Result[],
  leftOut: readonly { name: string; missing: string }[] = [],
): string {
  const names = [...new Set(results.map(({ fault }) => fault))].toSorted();
  const rows = [
    ...names.map((name) =>
      rowOf(
        name,
        results.filter(({ fault }) => fault === name),
      ),
    ),
    rowOf("**all**", results),
  ];
  const lines = [COLUMNS, COLUMNS.map((_, column) => (column === 0 ? "---" : "---:")), ...rows];
  return [
    ...lines.map((cells) => `| ${cells.join(" | ")} |`),
    ...leftOut.map(({ name, missing }) => `\nNot tried here: ${name}: ${missing}.`),
  ].join("\n");
}

function rowOf(name: string, results: readonly Result[]): string[] {
  const count = (verdict: Result["verdict"]): string =>
    String(results.filter((result) => result.verdict === verdict).length);
  const times = results
    .filter(({ verdict }) => verdict === "recovered")
    .map(({ recoveredMs }) => recoveredMs)
    .toSorted((a, b) => a - b);
  const seconds = (ms: number | undefined): string => (ms === undefined ? "never" : (ms / 1_000).toFixed(1));
  const recovery = `${seconds(times[Math.floor(times.length / 2)])}, ${seconds(times.at(-1))}`;
  return [name, String(results.length), count("lost"), count("doubled"), count("stuck"), recovery];
}
