import { compareSizes } from "@apportion/domain/money";
import { ownerOf } from "../months/month.js";
import { masked, seesNamesOf, seesTeam, type Viewer } from "../viewer.js";
import type { MonthComparison, PrintedMovement } from "./comparison.js";
import type { WorkloadName } from "./movement.js";

/** A comparison as somebody may see it: without the names that are not theirs, and of others whose a workload was or is, that it was another's. */
export function asSeenBy(viewer: Viewer, comparison: MonthComparison): MonthComparison {
  if (viewer.teams === "all" && viewer.namesOf === "all") return comparison;
  const payers = comparison.payers.map((payer) => {
    const movements = seesNamesOf(viewer, payer) ? payer.movements : withoutNames(payer.movements);
    return { ...payer, movements: movements.map((movement) => withoutOthers(viewer, movement)) };
  });
  return { ...comparison, payers };
}

function withoutOthers(viewer: Viewer, movement: PrintedMovement): PrintedMovement {
  const { others } = movement;
  if (!others) return movement;
  const seen = (payers: readonly string[]): string[] => [
    ...new Set(payers.map((payer) => (isOthers(viewer, payer) ? ANOTHER_TEAM : payer))),
  ];
  return { ...movement, others: { before: seen(others.before), after: seen(others.after) } };
}

const TEAM = ownerOf("team", "");
const ANOTHER_TEAM = ownerOf("team", "another team");

/** @param payer as `ownerOf` names it */
function isOthers(viewer: Viewer, payer: string): boolean {
  return payer.startsWith(TEAM) && !seesTeam(viewer, payer.slice(TEAM.length));
}

/**
 * Without the names that analysts' views hide: what cannot be told apart then is one. The largest first, as before.
 * @param own id of the team that owes the movements, where it may read names of its own workloads
 */
export function withoutNames(movements: readonly PrintedMovement[], own = ""): PrintedMovement[] {
  const merged = new Map<string, PrintedMovement>();
  for (const movement of movements) {
    const { effect, category } = movement;
    const subject = hidden(movement.subject, own);
    const key = JSON.stringify([effect, category, subject]);
    const same = merged.get(key);
    merged.set(key, same ? together(same, movement) : { ...movement, subject });
  }
  return [...merged.values()].toSorted((a, b) => compareSizes(a.picos, b.picos));
}

function hidden(subject: PrintedMovement["subject"], own: string): PrintedMovement["subject"] {
  return subject.of === "workload" ? hiddenWorkload(subject, own) : subject;
}

/**
 * As analysts' views have it: `hidden (pci)` for names of a team under PCI.
 * @param own id of the team that pays for it, where it may read the names of its own: not those that may be another such team's as well
 */
export function hiddenWorkload<W extends WorkloadName>(workload: W, own = ""): W {
  const { protectedLevel, protectedTeam, controller, label } = workload;
  if (protectedLevel === "" || (own !== "" && protectedTeam === own)) return workload;
  return {
    ...workload,
    controller: masked(controller, protectedLevel),
    label: masked(label, protectedLevel),
    protectedTeam: "",
  };
}

function together(one: PrintedMovement, other: PrintedMovement): PrintedMovement {
  const sum = (a: bigint, b: bigint): bigint => a + b;
  return {
    ...one,
    picos: sum(one.picos, other.picos),
    cents: sum(one.cents, other.cents),
    before: sum(one.before, other.before),
    after: sum(one.after, other.after),
    ...(one.quantity &&
      other.quantity && {
        quantity: {
          before: sum(one.quantity.before, other.quantity.before),
          after: sum(one.quantity.after, other.quantity.after),
        },
      }),
    ...(one.others && other.others && { others: bothOf(one.others, other.others) }),
  };
}

type Others = NonNullable<PrintedMovement["others"]>;

function bothOf(one: Others, other: Others): Others {
  const both = (side: keyof Others): string[] => [...new Set([...one[side], ...other[side]])].toSorted();
  return { before: both("before"), after: both("after") };
}
