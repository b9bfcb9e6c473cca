import { categoryName } from "@apportion/domain/category";
import { reasonText } from "@apportion/domain/reason";
import type { Table } from "../document/document.js";
import { countText } from "../format.js";
import type { PoolStep } from "./next-step.js";
import type { PoolPart } from "./pool-parts.js";

/** Parts of a named pool that are listed before the rest is summed. */
const PARTS_SHOWN = 8;

/** Where it is, and what is to be done about it where that was found; the rows add up to the pool. */
export function poolTable(parts: readonly (PoolPart | PoolStep)[], cents: bigint): Table {
  const rest = parts.slice(PARTS_SHOWN);
  const smaller = rest.reduce((sum, part) => sum + part.cents, 0n);
  const shown = parts.slice(0, PARTS_SHOWN);
  const steps = shown.map(stepText);
  const hasSteps = parts.some((part) => "next" in part);
  const row = (name: string, step: string, amount: bigint): Table["rows"][number] => ({
    cells: [name, ...(hasSteps ? [step] : []), { cents: amount }],
  });
  return {
    kind: "table",
    columns: [
      { head: "Where, and why", of: "text" },
      ...(hasSteps ? [{ head: "next step, and for whom", of: "text", under: true } as const] : []),
      { head: "Amount", of: "amount" },
    ],
    rows: [
      ...shown.map((part, at) => row(partName(part), said(shown, steps, at), part.cents)),
      ...(rest.length === 0 ? [] : [row(countText(rest.length, "smaller part"), "", smaller)]),
    ],
    totals: [{ ...row("Total", "", cents), adds: "rows" }],
  };
}

/** The same step is said once, and where it was. */
function said(shown: readonly PoolPart[], steps: readonly string[], at: number): string {
  const step = steps[at] ?? "";
  const first = shown[steps.indexOf(step)];
  return first === undefined || first === shown[at] || step === "" ? step : `As for ${partName(first)}.`;
}

function stepText(part: PoolPart | PoolStep): string {
  return "next" in part && part.next ? `${part.next.step}. For ${part.next.who}.` : "";
}

export function partName(part: PoolPart): string {
  const { reason, pool, cluster, namespace, nodePool, service, label, category } = part;
  const what = pool || namespace || service || (category && categoryName(category));
  const nodes = nodePool === "" ? cluster : `${cluster}/${nodePool}`;
  const where = [what, nodes && `on ${nodes}`].filter((text) => text !== "").join(" ");
  const place = where.startsWith("on ") ? where.replace("on ", "Cluster ") : where;
  const why = label === "" ? reasonText(reason) : `no team has the tag or label "${label}"`;
  return reason === "" ? place : `${place}: ${why}`;
}
