import pc from "picocolors";
import { type Completeness, readCompleteness } from "@apportion/books/readings/completeness";
import { type Day, daysOf, parseBillingPeriod } from "@apportion/domain/period";
import { type CommandContext, counted, parseFlag, print, printJson } from "./context.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";

const SIGNS: Readonly<Record<Completeness["status"], string>> = {
  final: pc.green("█"),
  provisional: pc.cyan("▒"),
  stale: pc.yellow("s"),
  missing: pc.red("·"),
};

/** Which readings of a month are final, provisional, stale or missing: a row for each reading, a sign for each day. True when none is missing or stale. */
export async function completeness(
  context: CommandContext,
  options: CommonOptions & { readonly month: string },
): Promise<boolean> {
  const month = parseFlag("--month", options.month, parseBillingPeriod);
  const days = daysOf(month);
  return withPlatform(context, options, async ({ clickhouse }) => {
    const rows = await readCompleteness(await clickhouse(), month);
    if (options.json) printJson(context, rows);
    else for (const line of render(rows, days)) print(context, line);
    return rows.length > 0 && rows.every(({ status }) => status === "final" || status === "provisional");
  });
}

function render(rows: readonly Completeness[], days: readonly Day[]): string[] {
  if (rows.length === 0) return ["Nothing of this month was expected or read yet."];
  const readings = new Map<string, Map<string, Completeness>>();
  for (const row of rows) {
    const name = `${row.dataset}/${row.source}/${row.scope}`;
    const reading = readings.get(name) ?? new Map<string, Completeness>();
    readings.set(name, reading.set(row.day, row));
  }
  const width = Math.max(...[...readings.keys()].map(({ length }) => length));
  const header = days.map((day) => (Number(day.slice(8)) % 5 === 0 ? day.slice(9) : " ")).join("");
  return [
    `${" ".repeat(width)}  ${pc.dim(header)}`,
    ...Array.from(readings, ([name, reading]) => {
      const signs = days.map((day) => {
        const status = reading.get(day)?.status;
        return status === undefined ? " " : SIGNS[status]; // the day has not ended yet
      });
      return `${name.padEnd(width)}  ${signs.join("")}  ${pc.dim(ageText([...reading.values()]))}`;
    }),
    pc.dim(
      `${SIGNS.final} final  ${SIGNS.provisional} provisional  ${SIGNS.stale} stale: provisional and not read for 48 hours  ${SIGNS.missing} missing`,
    ),
  ];
}

export function ageText(rows: readonly Pick<Completeness, "age_hours">[]): string {
  const ages = rows.flatMap(({ age_hours }) => (age_hours === null ? [] : [Number(age_hours)]));
  if (ages.length === 0) return "never read";
  const [youngest, oldest] = [Math.min(...ages), Math.max(...ages)];
  if (oldest === 0) return "read less than an hour ago";
  return `read ${youngest === oldest ? "" : `${youngest} to `}${counted(oldest, "hour")} ago`;
}
