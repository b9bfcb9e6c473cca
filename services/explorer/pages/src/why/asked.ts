import { addDays, billingPeriodOf, type Day, daysOf } from "@apportion/domain/period";

/** What of a statement somebody asks "why" of: all of it, a line, or what has these values. */
export interface Asked {
  readonly team: string;
  readonly month: string;
  readonly line?: number;
  /** Whose facts are looked at. */
  readonly day?: string;
  /** Groupings and their values, several of one where any of them will do; and `days`, where it is not the whole month. */
  readonly of?: readonly (readonly [string, string])[];
}

/** What lines of a statement are told apart by. */
const OF_LINES = ["category", "basis", "pool"];
/** What a team has one of. */
const OF_TEAMS: ReadonlySet<string> = new Set(["team", "costCenter", "compliance"]);
const DAYS = "days";
/** What is asked of and no filter of costs. */
const NO_FILTERS: ReadonlySet<string> = new Set([DAYS, "workload"]);
/** What tells an amount of a team apart further, in this order. */
const FINER = ["category", "cluster", "namespace", "service", "pool"];
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;
const FIRST_AND_LAST = /^(\d{4}-\d{2}-\d{2})_(\d{4}-\d{2}-\d{2})$/;

/** As the address has it: `search/2026-11/4`, `search/2026-11/category:cpu/days:2026-11-01_2026-11-03`. */
export function whyText({ team, month, line, day, of = [] }: Asked): string {
  const parts = [
    team,
    month,
    ...(line === undefined ? of.map((pair) => pair.join(":")) : [String(line)]),
    ...(line === undefined || day === undefined ? [] : [day]),
  ];
  return parts.map(encodeURIComponent).join("/");
}

/** Undefined of what is no such text. */
export function whyOf(text: string): Asked | undefined {
  const [team, month, ...rest] = text.split("/").map(decoded);
  if (!team || !month || !MONTH.test(month)) return undefined;
  const line = Number(rest[0]);
  if (line > 0) return { team, month, line, ...(rest[1] && { day: rest[1] }) };
  const of = rest.flatMap((part): [string, string][] => {
    const at = part.indexOf(":");
    return at > 0 ? [[part.slice(0, at), part.slice(at + 1)]] : [];
  });
  return { team, month, ...(of.length > 0 && { of }) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Of which costs an amount is the sum. */
export interface Scope {
  readonly from: Day;
  /** Day after the last. */
  readonly to: Day;
  readonly filters: readonly (readonly [string, readonly string[]])[];
}

/** What Why can say of an amount: it has to be one payer's, and of one month. */
export function askedOf({ from, to, filters }: Scope): Asked | undefined {
  const payers = filters.find(([name]) => name === "team")?.[1] ?? [];
  const [team] = payers;
  const month = billingPeriodOf(from);
  const last = addDays(to, -1);
  if (team === undefined || payers.length > 1 || billingPeriodOf(last) !== month) return undefined;
  const days = daysOf(month);
  const isWhole = from === days[0] && last === days.at(-1);
  const of = [
    ...filters
      .filter(([name]) => !OF_TEAMS.has(name))
      .flatMap(([name, values]) => values.map((value) => [name, value] as const)),
    ...(isWhole ? [] : [[DAYS, `${from}_${last}`] as const]),
  ];
  return { team, month, ...(of.length > 0 && { of }) };
}

/** What a statement's lines tell apart of what is asked, and what is finer: of that the lines hold more than was asked for. */
export function narrowing({ of = [] }: Asked): {
  readonly isWanted: (line: {
    readonly category: string;
    readonly basis: string;
    readonly pool: string;
  }) => boolean;
  readonly finer: readonly (readonly [string, string])[];
  /** First and last day, where not the whole month is asked about. */
  readonly days: readonly [Day, Day] | undefined;
} {
  const wanted = (name: string): string[] => of.filter(([each]) => each === name).map(([, value]) => value);
  const isOf = (name: string, value: string): boolean => {
    const values = wanted(name);
    return values.length === 0 || values.includes(value);
  };
  // Pools are in no namespace.
  const isOfNamespace = wanted("namespace").some((name) => name !== "");
  const [, first, last] = FIRST_AND_LAST.exec(wanted(DAYS)[0] ?? "") ?? [];
  return {
    isWanted: ({ category, basis, pool }) =>
      isOf("category", category) &&
      isOf("basis", basis) &&
      isOf("pool", pool) &&
      (pool === "" || !isOfNamespace),
    finer: of.filter(([name]) => name !== DAYS && !OF_LINES.includes(name)),
    days: first && last ? [first as Day, last as Day] : undefined,
  };
}

/** The same in Explore, day by day. */
export function exploredAs({
  team,
  month,
  of = [],
}: Asked): Readonly<Record<string, string | readonly string[]>> {
  const { days } = narrowing({ team, month, of });
  const names = [...new Set(of.map(([name]) => name))].filter((name) => !NO_FILTERS.has(name));
  const filters = names.map((name) => [name, of.filter(([each]) => each === name).map(([, value]) => value)]);
  return {
    month,
    team,
    ...(Object.fromEntries(filters) as Record<string, string[]>),
    group: FINER.find((name) => !names.includes(name)) ?? "team",
    ...(days && { from: days[0], to: days[1] }),
  };
}
