import { CsvError, type InfoRecord, parse } from "csv-parse/sync";
import { BUDGET_CATEGORIES } from "@apportion/domain/budget-category";
import { type ConfiguredBudget, checkBudgets, type OwnersOfBudgets, parseBudget } from "./budgets.js";

/** Budgets as a table: a file that finance keeps in a spreadsheet and saves as CSV. */

/** Its first line. */
export const BUDGET_COLUMNS = [
  "owner",
  "id",
  "span",
  "from",
  "amount",
  "categories",
  "increase period",
  "increase amount",
  "increase by",
  "increase reason",
] as const;
type Column = (typeof BUDGET_COLUMNS)[number];
type Cells = Readonly<Record<Column, string>>;

export interface FileProblem {
  /** From 1. */
  readonly line: number;
  /** Column; empty where it is the line as a whole. */
  readonly path: string;
  readonly message: string;
}

const BYTES_MAX = 4 * 1024 * 1024;
const ROWS_MAX = 20_000;
/** Of a file that is something else the first mistakes say enough. */
const PROBLEMS_MAX = 100;

const SECTIONS = { team: "teams", "cost-center": "costCenters", department: "departments" } as const;
type OwnerKind = keyof typeof SECTIONS;

/** One budget of the file, with the lines from which it and its increases are. */
interface FileBudget {
  readonly kind: OwnerKind;
  readonly id: string;
  readonly lines: readonly number[];
  /** Absent where it has mistakes: whether its owner is there can be said all the same. */
  readonly budget?: ConfiguredBudget;
}

/**
 * The configuration with the budgets of a file added to those of its owners; cost centers that it does not list yet are added. All of the file
 * counts, or nothing does: where there are problems the configuration is not to be used.
 */
export function withBudgetsFile<C extends OwnersOfBudgets>(
  config: C,
  text: string,
): { readonly config: C; readonly problems: readonly FileProblem[]; readonly count: number } {
  const read = readBudgets(text);
  const { merged, places, problems } = mergedInto(config, read.budgets);
  const checked = checkBudgets(merged).flatMap(({ path, message }): FileProblem[] => {
    const [section, index, , at, ...rest] = path;
    const found = places.get(`${String(section)}/${String(index)}/${String(at)}`);
    if (!found) return [];
    const place = rest[0] === "increases" ? Number(rest[1]) : 0;
    const column = rest[0] === "increases" ? "increase period" : String(rest[0]);
    return [{ line: found.lines[place] ?? found.lines[0] ?? 1, path: column, message }];
  });
  const all = [...read.problems, ...problems, ...checked]
    .toSorted((a, b) => a.line - b.line)
    .slice(0, PROBLEMS_MAX);
  return { config: all.length > 0 ? config : merged, problems: all, count: read.budgets.length };
}

/** What is in the file, whoever is in the configuration. */
function readBudgets(text: string): {
  readonly budgets: readonly FileBudget[];
  readonly problems: readonly FileProblem[];
} {
  if (Buffer.byteLength(text) > BYTES_MAX)
    return { budgets: [], problems: [whole(1, `the file has more than ${BYTES_MAX / 1024 / 1024} MiB`)] };
  const records = recordsOf(text);
  if ("problem" in records) return { budgets: [], problems: [records.problem] };
  const [header, ...rows] = records.rows;
  const titles = (header?.cells ?? []).map((title) => title.toLowerCase().replaceAll("_", " "));
  const wrong = headerProblems(titles);
  if (wrong.length > 0)
    return { budgets: [], problems: wrong.map((message) => whole(header?.line ?? 1, message)) };
  if (rows.length > ROWS_MAX)
    return { budgets: [], problems: [whole(1, `the file has more than ${ROWS_MAX} rows`)] };
  const problems: FileProblem[] = [];
  const byKey = new Map<string, { cells: Cells; lines: number[]; increases: Cells[] }>();
  for (const { line, cells } of rows) {
    const row = cellsOf(titles, cells);
    const found = rowProblems(row, cells.length > titles.length).map((each) => ({ ...each, line }));
    problems.push(...found);
    if (found.length > 0) continue;
    const key = JSON.stringify([row.owner, row.id, row.span, row.from, categoriesOf(row).toSorted()]);
    const known = byKey.get(key);
    const isIncrease = row["increase amount"] !== "";
    if (row.amount === "" && (!known || !isIncrease)) {
      problems.push({
        line,
        path: "amount",
        message: known ? "another increase needs its own cells" : ALONE,
      });
    } else if (row.amount !== "" && known) {
      problems.push({
        line,
        path: "from",
        message: `line ${known.lines[0] ?? 1} has this budget already; of another increase leave the amount empty`,
      });
    } else if (known) {
      known.lines.push(line);
      known.increases.push(row);
    } else byKey.set(key, { cells: row, lines: [line], increases: isIncrease ? [row] : [] });
  }
  const budgets = [...byKey.values()].map(({ cells, lines, increases }): FileBudget => {
    const parsed = parseBudget(valueOf(cells, increases));
    const owned = { kind: cells.owner as OwnerKind, id: cells.id, lines };
    if (parsed.ok) return { ...owned, budget: parsed.budget };
    // Of several lines the ones that follow have increases only; the first may have one too.
    problems.push(
      ...parsed.problems.map(({ path: [option, at, of], message }) => {
        const isIncrease = option === "increases" && typeof at === "number";
        return {
          line: lines[isIncrease ? at + (lines.length - increases.length) : 0] ?? lines[0] ?? 1,
          path: isIncrease ? `increase ${String(of)}` : String(option),
          // Quotes are a matter of YAML.
          message: message.replace("stands in quotes, with at most", "has at most"),
        };
      }),
    );
    return owned;
  });
  return { budgets, problems };
}

const ALONE =
  "an amount is missing, and no line above has a budget of the same owner, span, month and categories to increase";

function recordsOf(
  text: string,
):
  | { readonly rows: readonly { readonly line: number; readonly cells: readonly string[] }[] }
  | { readonly problem: FileProblem } {
  const [first = ""] = text.split(/\r?\n/, 1);
  // Spreadsheets of half of Europe write semicolons.
  const delimiter = first.includes(";") && !first.includes(",") ? ";" : ",";
  try {
    const records = parse(text, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
      max_record_size: 100_000,
    }) as unknown as readonly { readonly info: InfoRecord; readonly record: readonly string[] }[];
    return { rows: records.map(({ info, record }) => ({ line: info.lines, cells: record })) };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = Number((error as { lines?: unknown }).lines ?? 1);
    return { problem: whole(line, `this is no CSV: ${error.message}`) };
  }
}

function headerProblems(titles: readonly string[]): string[] {
  const missing = (["owner", "id", "from", "amount"] as const).filter((column) => !titles.includes(column));
  const strange = titles.filter((title) => !BUDGET_COLUMNS.some((column) => column === title));
  const twice = titles.filter((title, index) => titles.indexOf(title) < index);
  const columns = `the columns are ${BUDGET_COLUMNS.join(", ")}`;
  return [
    ...(missing.length > 0 ? [`the first line lacks ${missing.join(", ")}; ${columns}`] : []),
    ...(strange.length > 0 ? [`there is no column "${strange.join('", "')}"; ${columns}`] : []),
    ...(twice.length > 0 ? [`a column is there twice: ${twice.join(", ")}`] : []),
  ];
}

function cellsOf(titles: readonly string[], cells: readonly string[]): Cells {
  const row = Object.fromEntries(
    BUDGET_COLUMNS.map((column) => [column, cells[titles.indexOf(column)] ?? ""]),
  ) as Record<Column, string>;
  return {
    ...row,
    owner: row.owner.toLowerCase().replace(/[ _]/, "-"),
    span: row.span === "" ? "month" : row.span.toLowerCase(),
  };
}

/** What can be said of a row by itself, before it is read as a budget. */
function rowProblems(row: Cells, isTooLong: boolean): Omit<FileProblem, "line">[] {
  const formulas = BUDGET_COLUMNS.filter((column) => /^[=+\-@]/.test(row[column]));
  if (isTooLong) return [{ path: "", message: "it has more cells than the first line has columns" }];
  if (formulas.length > 0)
    return formulas.map((path) => ({
      path,
      message: `begins with ${row[path].slice(0, 1)}, as a formula does: write the value itself`,
    }));
  const increase = (["increase period", "increase amount", "increase by", "increase reason"] as const).filter(
    (column) => row[column] === "",
  );
  return [
    ...(Object.hasOwn(SECTIONS, row.owner)
      ? []
      : [{ path: "owner", message: `"${row.owner}" is none of ${Object.keys(SECTIONS).join(", ")}` }]),
    ...(row.id === "" ? [{ path: "id", message: "it is missing: whose budget is it?" }] : []),
    ...(increase.length > 0 && increase.length < 4
      ? increase.map((path) => ({
          path,
          message: "an increase has a period, an amount, who agreed to it, and why",
        }))
      : []),
  ];
}

function categoriesOf({ categories }: Cells): string[] {
  const known = new Set<string>(BUDGET_CATEGORIES);
  return categories
    .split(/[+;,\s]+/)
    .filter((each) => each !== "")
    .map((each) => (known.has(each.toLowerCase()) ? each.toLowerCase() : each));
}

/** As it would stand in the configuration. */
function valueOf(cells: Cells, increases: readonly Cells[]): object {
  const categories = categoriesOf(cells);
  return {
    from: cells.from,
    amount: cells.amount,
    ...(cells.span !== "month" && { span: cells.span }),
    ...(categories.length > 0 && { categories }),
    ...(increases.length > 0 && {
      increases: increases.map((each) => ({
        period: each["increase period"],
        amount: each["increase amount"],
        by: each["increase by"],
        reason: each["increase reason"],
      })),
    }),
  };
}

interface Merged<C> {
  readonly merged: C;
  /** `teams/3/0` → what of the file stands there. */
  readonly places: ReadonlyMap<string, FileBudget>;
  readonly problems: readonly FileProblem[];
}

function mergedInto<C extends OwnersOfBudgets>(config: C, budgets: readonly FileBudget[]): Merged<C> {
  const centers = budgets.filter(
    ({ kind, id }) =>
      kind === "cost-center" &&
      !config.costCenters.some((each) => each.id === id) &&
      config.teams.some(({ costCenter }) => costCenter === id),
  );
  const added = [...new Set(centers.map(({ id }) => id))].map((id) => ({ id, contacts: [], budgets: [] }));
  const owners = { ...config, costCenters: [...config.costCenters, ...added] };
  const places = new Map<string, FileBudget>();
  const problems: FileProblem[] = [];
  const extra = new Map<string, ConfiguredBudget[]>();
  for (const each of budgets) {
    const section = SECTIONS[each.kind];
    const index = owners[section].findIndex(({ id }) => id === each.id);
    const owner = owners[section][index];
    if (!owner) {
      const message =
        each.kind === "cost-center"
          ? `no team has the cost center "${each.id}"`
          : `there is no ${each.kind} "${each.id}"`;
      problems.push({ line: each.lines[0] ?? 1, path: "id", message });
      continue;
    }
    if (!each.budget) continue;
    const own = extra.get(`${section}/${index}`) ?? [];
    extra.set(`${section}/${index}`, own);
    places.set(`${section}/${index}/${owner.budgets.length + own.length}`, each);
    own.push(each.budget);
  }
  const withOwn = <O extends { readonly budgets: readonly ConfiguredBudget[] }>(
    section: string,
    list: readonly O[],
  ): O[] =>
    list.map((owner, index) => ({
      ...owner,
      budgets: [...owner.budgets, ...(extra.get(`${section}/${index}`) ?? [])],
    }));
  const merged = {
    ...owners,
    teams: withOwn("teams", owners.teams),
    costCenters: withOwn("costCenters", owners.costCenters),
    departments: withOwn("departments", owners.departments),
  };
  return { merged, places, problems };
}

function whole(line: number, message: string): FileProblem {
  return { line, path: "", message };
}
