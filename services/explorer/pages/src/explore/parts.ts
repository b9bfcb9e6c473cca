import { useQueries, type UseQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";
import { centsThatFoot } from "@apportion/domain/cents";
import { parsePicos } from "@apportion/domain/money";
import {
  addDays,
  type BillingPeriod,
  type Day,
  DAY_MS,
  firstDayOf,
  nextBillingPeriod,
} from "@apportion/domain/period";
import { dayText, monthText } from "@apportion/reports/format";
import { centsOf } from "../data/amounts.js";
import { asking, query } from "../data/ask.js";
import type { Costs, Workloads } from "../data/shapes.js";
import type { Scope } from "../why/asked.js";
import type { ExploredRow } from "./rows.js";
import { scopeIn, scopeOf } from "./reason.js";
import { keyOf } from "./rows.js";
import { valueName } from "./value-name.js";
import type { View } from "./view.js";

/** The question whose answer is what a scope comes to, told apart. */
export function costsPath(
  { from, to, filters }: Scope,
  more: Readonly<Record<"groupBy" | "step", string | undefined>>,
): string {
  return `/costs${query({ from, to, ...Object.fromEntries(filters), ...more })}`;
}

/** What rows that are open are made of, by their keys: a question for each, and another for the days that it is compared with. */
export function useParts(
  view: View,
  rows: readonly ExploredRow[],
  teamName: (id: string) => string,
): ReadonlyMap<string, readonly ExploredRow[]> {
  const opened = useMemo(() => rows.filter(({ key }) => view.open.includes(key)), [rows, view.open]);
  const asked = opened.flatMap((row) => [
    pathOf(view, row.scope),
    view.into === "month" ? undefined : row.scopeBefore && pathOf(view, row.scopeBefore),
  ]);
  const answers = useQueries({
    queries: asked.map((path) => asking<Costs | Workloads>(path)),
    combine: dataOf,
  });
  return useMemo(
    () =>
      new Map(
        opened.map((row, at) => {
          const now = answers[2 * at];
          const parts = now && partsOf(view, row, now, answers[2 * at + 1], teamName);
          return [row.key, parts ?? [computing(row)]] as const;
        }),
      ),
    [opened, answers, view, teamName],
  );
}

function dataOf(answers: readonly UseQueryResult<Costs | Workloads>[]): (Told | undefined)[] {
  return answers.map(({ data }) => data && ("rest" in data ? workloadsTold(data) : data));
}

/** What a row is made of, as costs are told. */
type Told = Pick<Costs, "rows">;

/** What is of no workload is a row of its own, whose value is empty. */
function workloadsTold({ from, rows, rest }: Workloads): Told {
  const others = rest.exact === "0" ? [] : [{ name: "", ...rest }];
  return { rows: [...rows, ...others].map(({ name, ...each }) => ({ from, values: [name], ...each })) };
}

function pathOf({ into }: View, scope: Scope): string {
  if (into === "workload") {
    const { from, to, filters } = scope;
    return `/workloads${query({ from, to, ...Object.fromEntries(filters) })}`;
  }
  return into === "day" || into === "month"
    ? costsPath(scope, { groupBy: undefined, step: into })
    : costsPath(scope, { groupBy: into, step: undefined });
}

/** Where parts will be. */
function computing(row: ExploredRow): ExploredRow {
  return {
    ...row,
    key: `${row.key}//`,
    names: ["Computing what it is made of …"],
    before: undefined,
    isPart: true,
    isComputed: false,
  };
}

/** Parts of a row, which add up to what it shows: also where the row was rounded together with the others of its view. */
export function partsOf(
  view: View,
  row: ExploredRow,
  now: Told,
  before: Told | undefined,
  teamName: (id: string) => string,
): ExploredRow[] {
  const shown = footed(now, row.cents);
  const was = row.before === undefined || !before ? undefined : footed(before, row.before);
  const places = new Map<string, { now?: number; before?: number }>();
  for (const [at, each] of now.rows.entries()) places.set(placeOf(view, each, row.scope), { now: at });
  for (const [at, each] of (before?.rows ?? []).entries()) {
    const place = placeOf(view, each, row.scopeBefore ?? row.scope);
    places.set(place, { ...places.get(place), before: at });
  }
  return Array.from(places, ([value, at]) => ({
    key: `${row.key}//${keyOf([value])}`,
    values: [value],
    ...described(view, row, value, teamName),
    cents: at.now === undefined ? 0n : (shown[at.now] ?? 0n),
    before: was && (at.before === undefined ? 0n : (was[at.before] ?? 0n)),
    isPart: true,
    isComputed: true,
  }));
}

function footed({ rows }: Told, stated: bigint): bigint[] {
  const printed = rows.map(({ amount }) => centsOf(amount));
  return printed.reduce((sum, each) => sum + each, 0n) === stated
    ? printed
    : centsThatFoot(
        rows.map(({ exact }) => parsePicos(exact)),
        stated,
      );
}

/** By what parts of both periods are the same: their value, or which day it is of the period. */
function placeOf({ into }: View, { from, values }: Costs["rows"][number], scope: Scope): string {
  if (into === "day") return String((Date.parse(from) - Date.parse(scope.from)) / DAY_MS);
  return into === "month" ? from.slice(0, 7) : (values[0] ?? "");
}

type Described = Pick<ExploredRow, "names" | "scope" | "scopeBefore">;

function described(
  { into }: View,
  { scope, scopeBefore: then }: ExploredRow,
  value: string,
  teamName: (id: string) => string,
): Described {
  if (into === "day") {
    const dayOf = ({ from }: Scope): { from: Day; to: Day } => ({
      from: addDays(from, Number(value)),
      to: addDays(from, Number(value) + 1),
    });
    const day = dayOf(scope);
    return {
      names: [dayText(day.from)],
      scope: scopeIn(day, scope),
      scopeBefore: then && scopeIn(dayOf(then), then),
    };
  }
  if (into === "month") {
    const month = value as BillingPeriod;
    const first = firstDayOf(month);
    const end = firstDayOf(nextBillingPeriod(month));
    const days = { from: first < scope.from ? scope.from : first, to: end > scope.to ? scope.to : end };
    return { names: [monthText(month)], scope: scopeIn(days, scope), scopeBefore: undefined };
  }
  if (into === "workload") {
    const ofIt = ({ filters, ...days }: Scope): Scope => ({
      ...days,
      filters: [
        ...filters,
        ...(value === "" ? [] : [["basis", ["direct"]] as const]),
        [into, [value || "none"]],
      ],
    });
    return {
      names: [value || "Of no workload: shares, idle capacity, smaller ones"],
      scope: ofIt(scope),
      scopeBefore: then && ofIt(then),
    };
  }
  const narrowed = (each: Scope): Scope => scopeOf(each, [[into, value]]);
  return {
    names: [valueName(into, value, teamName)],
    scope: narrowed(scope),
    scopeBefore: then && narrowed(then),
  };
}
