import { sumOfCents } from "@apportion/domain/cents";
import type { PrintedMovement } from "@apportion/books/compare/comparison";
import type { Registry } from "@apportion/domain/tenancy";
import { withoutNames } from "@apportion/books/compare/hidden";
import type { Table } from "../document/document.js";
import { effectName, movementName } from "./words.js";

/** What a report says of the difference to the month before. */
export interface LargestChanges {
  /** The largest of at least a cent, with names that the reader may see. Corrections have a section of their own. */
  readonly movements: readonly PrintedMovement[];
  /** What comes of a month that is longer or shorter: nobody's doing, and not to be taken for it. */
  readonly daysCents: bigint;
}

const CHANGES_SHOWN = 3;

/** @param own id of the team that owes them and reads them, where it may read names of its own workloads */
export function largestChanges(movements: readonly PrintedMovement[], own = ""): LargestChanges {
  const ofDays = movements.filter(({ effect }) => effect === "days");
  return {
    movements: withoutNames(movements, own)
      .filter(({ effect, cents }) => effect !== "corrections" && effect !== "days" && cents !== 0n)
      .slice(0, CHANGES_SHOWN),
    daysCents: sumOfCents(ofDays),
  };
}

/** `usage: GPU of eu-1/search/training`, and by how much. None where nothing changed. */
export function changeRows(
  changes: LargestChanges | undefined,
  registry: Pick<Registry, "sharedServices">,
): { readonly what: string; readonly cents: bigint }[] {
  const { movements = [], daysCents = 0n } = changes ?? {};
  return [
    ...movements.map((movement) => ({
      what: `${effectName(movement.effect)}: ${movementName(movement, registry)}`,
      cents: movement.cents,
    })),
    ...(daysCents === 0n ? [] : [{ what: `${effectName("days")}, of what runs by the hour`, cents: daysCents }]),
  ];
}

/** @param total what the rows add up to, where they are all that changed */
export function changeTable(rows: ReturnType<typeof changeRows>, total?: bigint): Table {
  return {
    kind: "table",
    columns: [
      { head: "Why and what", of: "text" },
      { head: "Change", of: "amount" },
    ],
    rows: rows.map(({ what, cents }) => ({ cells: [what, { cents, signed: true }] })),
    totals:
      total === undefined
        ? []
        : [{ cells: ["All changes", { cents: total, signed: true }], adds: "rows" as const }],
  };
}
