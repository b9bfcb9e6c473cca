import { z } from "zod";
import { type Dimension, QuestionError, type Step } from "@apportion/books/costs/question";
import { type CostRow, readCosts } from "@apportion/books/costs/read-costs";
import type { Category } from "@apportion/domain/category";
import { formatPicos } from "@apportion/domain/money";
import {
  addDays,
  billingPeriodOf,
  chargePeriodOf,
  type Day,
  dayOf,
  DAY_MS,
  firstDayOf,
  nextBillingPeriod,
} from "@apportion/domain/period";
import type { Answering } from "../server/question.js";
import { parseWindow, type Window } from "./window.js";

/** By what OpenCost's clients aggregate, as books name it. Labels are spelt as Kubernetes and as Prometheus has them. */
const AGGREGATES: Readonly<Record<string, Dimension>> = {
  cluster: "cluster",
  namespace: "namespace",
  team: "team",
  "label:team": "team",
  "label:cost-center": "costCenter",
  "label:cost_center": "costCenter",
  "label:compliance-level": "compliance",
  "label:compliance_level": "compliance",
};
/** With team and category a question has as many groupings as one may have. */
const AGGREGATES_MAX = 2;

const STEPS: Readonly<Record<string, Step>> = {
  "1d": "day",
  "24h": "day",
  "1w": "week",
  "7d": "week",
  "1month": "month",
};

const flag = z.enum(["true", "false"]).transform((text) => text === "true");
const askedSchema = z.object({
  window: z.string().min(1),
  aggregate: z.string().default("namespace"),
  accumulate: flag.default(false),
  step: z.string().optional(),
  includeIdle: flag.default(false),
});

type Field =
  | "cpuCost"
  | "gpuCost"
  | "ramCost"
  | "pvCost"
  | "loadBalancerCost"
  | "networkCost"
  | "externalCost"
  | "sharedCost";

/** Which of OpenCost's costs a category is; what is none of a workload's own is shared. */
function fieldOf(category: Category): Field {
  switch (category) {
    case "cpu":
    case "idle-cpu":
      return "cpuCost";
    case "gpu":
    case "idle-gpu":
      return "gpuCost";
    case "memory":
    case "idle-memory":
      return "ramCost";
    case "persistent-volume":
      return "pvCost";
    case "load-balancer":
      return "loadBalancerCost";
    case "network":
      return "networkCost";
    case "object-storage":
    case "services":
    case "corporate":
    case "unused-commitment":
      return "externalCost";
    default:
      return "sharedCost";
  }
}

const FIELDS: readonly Field[] = [
  "cpuCost",
  "gpuCost",
  "ramCost",
  "pvCost",
  "loadBalancerCost",
  "networkCost",
  "externalCost",
  "sharedCost",
];

/** Adjustments are in the costs. */
const ADJUSTMENTS = ["cpu", "gpu", "ram", "pv", "loadBalancer", "network"].map(
  (name) => `${name}CostAdjustment`,
);
/** What clients look for and nobody is charged by: not known here, which is no zero. */
const NOT_CHARGED = [
  "cpuCores",
  "cpuCoreHours",
  "cpuCoreRequestAverage",
  "cpuCoreUsageAverage",
  "cpuEfficiency",
  "gpuCount",
  "gpuHours",
  "gpuRequestAverage",
  "gpuUsageAverage",
  "gpuEfficiency",
  "ramBytes",
  "ramByteHours",
  "ramByteRequestAverage",
  "ramByteUsageAverage",
  "ramEfficiency",
  "pvBytes",
  "pvByteHours",
  "networkTransferBytes",
  "networkReceiveBytes",
  "networkCrossZoneCost",
  "networkCrossRegionCost",
  "networkInternetCost",
  "totalEfficiency",
];

/**
 * Answers as OpenCost's Allocation API does (https://opencost.io/docs/integrations/api, `/allocation` and `/allocation/compute`), with what is
 * charged: at the bill's price, with shares of shared services. Quantities and efficiencies are null, since they are not charged. That API has
 * amounts as numbers; they are the nearest ones to the exact amounts.
 */
export function answerOpenCost(answering: Answering): void {
  const { app, deps, remembered } = answering;
  for (const path of ["/allocation", "/allocation/compute"])
    app.get(path, async (c) => {
      const parsed = askedSchema.safeParse(c.req.query());
      if (!parsed.success)
        throw new QuestionError(
          parsed.error.issues.map(({ path: at, message }) => `${at.join(".")}: ${message}`).join("; "),
        );
      const { window: text, aggregate, accumulate, step: stepText, includeIdle } = parsed.data;
      const window = parseWindow(text, dayOf(deps.clock()));
      const dimensions = dimensionsOf(aggregate);
      const step = accumulate ? "total" : stepOf(stepText, window);
      const identity = c.var.identity;
      return remembered.answer(
        c,
        identity,
        async () => {
          const groupBy = [...new Set<Dimension>([...dimensions, "team", "category"])];
          const { rows } = await readCosts(
            deps.clickhouse,
            deps.registry,
            identity.viewer,
            { ...window, step, groupBy, filters: {} },
            answering,
          );
          const shown = rows.filter((row) => includeIdle || row.values[groupBy.indexOf("team")] !== "idle");
          return { code: 200, status: "success", data: setsOf(shown, { window, step, dimensions, groupBy }) };
        },
        { until: billingPeriodOf(addDays(window.to, -1)), today: dayOf(deps.clock()) },
      );
    });
}

function dimensionsOf(aggregate: string): Dimension[] {
  const names = aggregate.split(",");
  const found = names.map((name) => {
    const dimension = Object.hasOwn(AGGREGATES, name) ? AGGREGATES[name] : undefined;
    if (dimension === undefined)
      throw new QuestionError(
        `aggregate: "${name}" is not charged by; there are ${Object.keys(AGGREGATES).join(", ")}. Workloads are in /api/v1/compare`,
      );
    return dimension;
  });
  if (found.length > AGGREGATES_MAX)
    throw new QuestionError(`aggregate: at most ${AGGREGATES_MAX} at once; there are ${found.length}`);
  return found;
}

/** Without a step OpenCost gives the window as one. */
function stepOf(text: string | undefined, window: Window): Step {
  if (text === undefined)
    return (Date.parse(window.to) - Date.parse(window.from)) / DAY_MS > 1 ? "day" : "total";
  const step = Object.hasOwn(STEPS, text) ? STEPS[text] : undefined;
  if (step === undefined)
    throw new QuestionError(
      `step: "${text}" is none of ${Object.keys(STEPS).join(", ")}; costs are charged by the day`,
    );
  return step;
}

interface Asked {
  readonly window: Window;
  readonly step: Step;
  readonly dimensions: readonly Dimension[];
  readonly groupBy: readonly Dimension[];
}

interface Piece {
  readonly properties: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly picos: Map<Field, bigint>;
}

/** A set of allocations for each piece of time, by their names. */
function setsOf(rows: readonly CostRow[], asked: Asked): object[] {
  const sets = new Map<Day, Map<string, Piece>>();
  for (const { from, values, picos } of rows) {
    const valueOf = (dimension: Dimension): string => values[asked.groupBy.indexOf(dimension)] ?? "";
    const name = valueOf("team") === "idle" ? "__idle__" : nameOf(asked.dimensions.map(valueOf));
    const set = sets.get(from) ?? new Map<string, Piece>();
    sets.set(from, set);
    const piece = set.get(name) ?? { properties: propertiesOf(asked.dimensions, valueOf), picos: new Map() };
    set.set(name, piece);
    const field = fieldOf(valueOf("category") as Category);
    piece.picos.set(field, (piece.picos.get(field) ?? 0n) + picos);
  }
  return [...sets].map(([from, set]) => {
    const { start, end } = boundsOf(from, asked);
    return Object.fromEntries([...set].map(([name, piece]) => [name, allocationOf(name, piece, start, end)]));
  });
}

function nameOf(values: readonly string[]): string {
  const named = values.map((value) => (value === "" || value === "unallocated" ? "__unallocated__" : value));
  return named.every((value) => value === "__unallocated__") ? "__unallocated__" : named.join("/");
}

/** Labels as Prometheus spells them, which is how OpenCost has them. */
const LABELS: Readonly<Partial<Record<Dimension, string>>> = {
  team: "team",
  costCenter: "cost_center",
  compliance: "compliance_level",
};

function propertiesOf(
  dimensions: readonly Dimension[],
  valueOf: (of: Dimension) => string,
): Piece["properties"] {
  const labels = dimensions.flatMap((each) => (LABELS[each] ? [[LABELS[each], valueOf(each)]] : []));
  const places = dimensions.filter((each) => LABELS[each] === undefined);
  return {
    ...Object.fromEntries(places.map((each) => [each, valueOf(each)])),
    ...(labels.length > 0 && { labels: Object.fromEntries(labels) as Record<string, string> }),
  };
}

function boundsOf(from: Day, { window, step }: Asked): { readonly start: string; readonly end: string } {
  const last: Readonly<Record<Step, Day>> = {
    total: window.to,
    day: addDays(from, 1),
    week: addDays(from, 7),
    month: firstDayOf(nextBillingPeriod(billingPeriodOf(from))),
  };
  const to = last[step] < window.to ? last[step] : window.to;
  return {
    start: chargePeriodOf(from < window.from ? window.from : from).start,
    end: chargePeriodOf(to).start,
  };
}

function allocationOf(name: string, { properties, picos }: Piece, start: string, end: string): object {
  const total = [...picos.values()].reduce((sum, each) => sum + each, 0n);
  return {
    name,
    properties,
    window: { start, end },
    start,
    end,
    minutes: (Date.parse(end) - Date.parse(start)) / 60_000,
    ...Object.fromEntries(FIELDS.map((field) => [field, Number(formatPicos(picos.get(field) ?? 0n))])),
    totalCost: Number(formatPicos(total)),
    ...Object.fromEntries(ADJUSTMENTS.map((field) => [field, 0])),
    ...Object.fromEntries(NOT_CHARGED.map((field) => [field, null])),
  };
}
