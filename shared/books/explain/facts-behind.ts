import type { CostCell, CostPart } from "@apportion/allocation/cells";
import type { OriginTotal } from "@apportion/allocation/certificate";
import type { LineOwner } from "@apportion/allocation/line";
import { categoryHeld, keptPoolOf, placeOf } from "@apportion/allocation/place";
import { RATE_VARIANCE } from "@apportion/allocation/rate-variance";
import type { RulesOfDay } from "@apportion/allocation/rules-of-day";
import { compareSizes, formatPicos } from "@apportion/domain/money";
import { printPool } from "@apportion/domain/pool-id";
import { printReasons } from "@apportion/domain/reason";
import type { StatementLine } from "@apportion/domain/statement";
import type { RecomputableDay } from "../runs/recompute.js";
import type { CellBehind, CellsReader } from "./cells-behind.js";
import type { NumberedLine } from "./statement.js";

export interface ExplainedFact {
  readonly source: string;
  readonly scope: string;
  readonly kind: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly controller: string;
  /** Of idle capacity; empty where it was read for a cluster as a whole. */
  readonly node: string;
  readonly label: string;
  /** hipaa or pci where controller and label are of such a team, and not for everybody; else empty. */
  readonly protectedLevel: string;
  readonly service: string;
  readonly usageType: string;
  readonly amount: string;
  readonly snapshotId: string;
}

/** What is behind a line on a day, as far as it is listed. */
export interface FactsBehind {
  readonly shown: readonly ExplainedFact[];
  readonly count: number;
}

/** Facts that are listed at most: a namespace may have thousands of workloads. */
const FACTS_SHOWN = 20;

/** A line of a statement on a day: who pays it, and what the lines of the day behind it come to. */
interface Explaining {
  readonly line: NumberedLine;
  readonly team: string;
  readonly behind: readonly OriginTotal[];
}

/**
 * Facts whose place is the line, or the pool that it is a share of. They add up to what is explained: what is between
 * Kubecost's prices and the bill, and what a policy moved from one pool to another, is named beside them.
 */
export async function factsBehind(
  cellsOf: CellsReader,
  { run: { stored }, read }: RecomputableDay,
  rules: RulesOfDay,
  { line, team, behind }: Explaining,
): Promise<FactsBehind> {
  const groups = read.cells.filter((cell) => partsBehind(cell, rules, line, team).length > 0);
  const namespaces = [...new Set(groups.map(({ namespace }) => namespace))];
  const found = (await cellsOf(stored, namespaces))
    .map((cell) => ({ cell, amount: sum(partsBehind(cell, rules, line, team)) }))
    .filter(({ amount }) => amount !== 0n)
    .toSorted((a, b) => costliestFirst(a.cell, b.cell));
  const facts = found.slice(0, FACTS_SHOWN).map(({ cell, amount }) => ({
    source: cell.source,
    scope: cell.scope,
    kind: cell.kind,
    cluster: cell.cluster,
    namespace: cell.namespace,
    controller: cell.controller,
    node: cell.node,
    label: cell.teamLabel,
    protectedLevel: cell.protectedLevel,
    service: cell.service,
    usageType: cell.usageType,
    amount: formatPicos(amount),
    snapshotId: cell.snapshotId,
  }));
  const variances = behind.filter(({ source }) => source === RATE_VARIANCE.source);
  const rest = sum(behind) - sum(variances) - sum(found);
  const named = (what: string, scope: string, amount: bigint, snapshotId: string): ExplainedFact[] => {
    const nothing = {
      cluster: "",
      namespace: "",
      controller: "",
      node: "",
      label: "",
      protectedLevel: "",
      service: "",
      usageType: "",
    };
    return amount === 0n
      ? []
      : [{ ...RATE_VARIANCE, scope, ...nothing, kind: what, amount: formatPicos(amount), snapshotId }];
  };
  const beside = [
    ...variances.flatMap(({ scope: account, amount }) =>
      named("from Kubecost's prices to the bill", account, amount, stored.billOfAccount.get(account) ?? ""),
    ),
    ...named(
      line.pool === "unallocated"
        ? "shares of other pools whose use nobody owns"
        : "use that nobody owns: moved to what is unallocated",
      "",
      rest,
      "",
    ),
  ];
  return { shown: [...facts, ...beside].slice(0, FACTS_SHOWN), count: found.length + beside.length };
}

/** By what they cost in all, then by their names. */
function costliestFirst(a: CellBehind, b: CellBehind): number {
  const bySize = compareSizes(a.total, b.total);
  if (bySize !== 0) return bySize;
  const differing = TOLD_BY.find((name) => a[name] !== b[name]);
  return differing === undefined ? 0 : a[differing] < b[differing] ? -1 : 1;
}

const TOLD_BY = [
  "source",
  "scope",
  "cluster",
  "namespace",
  "controller",
  "node",
  "teamLabel",
  "usageType",
  "kind",
  "service",
  "recordType",
  "snapshotId",
] as const;

/** What of a cell lies in the place that the line is about: allocation puts it there by the same function. */
function partsBehind(
  cell: CostCell,
  rules: RulesOfDay,
  line: NumberedLine,
  team: string,
): readonly CostPart[] {
  const { parts } = cell;
  const place = placeOf(cell, rules);
  if (place.kind === "pool") return printPool(place.pool) === line.pool ? parts : [];
  const { owner, basis, reason } = place;
  if (line.pool === "") {
    const why = reason ? printReasons([reason]) : "";
    if (payerOf(owner) !== team || basis !== line.basis || why !== line.reason) return [];
    return parts.filter(({ category }) => categoryHeld(place, category) === line.category);
  }
  if (owner.kind === "team") return []; // on its line, and in no pool
  const { kind: _, ...held } = place;
  const isBehind = (category: StatementLine["category"]): boolean => {
    const kept = keptPoolOf({ ...held, ...cell, kind: "direct", category, amount: 0n });
    // Idle capacity is split resource by resource, every other pool as a whole.
    return (
      kept !== undefined &&
      printPool(kept) === line.pool &&
      (kept.kind !== "idle" || category === line.category)
    );
  };
  return parts.filter(({ category }) => isBehind(categoryHeld(place, category)));
}

/** Under which name a line's payer is asked for: a team's id, or idle, corporate or unallocated, which are kept apart. */
export function payerOf(owner: LineOwner): string {
  return owner.kind === "team" ? owner.teamId : owner.kind;
}

export function sum(lines: readonly { readonly amount: bigint }[]): bigint {
  return lines.reduce((total, { amount }) => total + amount, 0n);
}
