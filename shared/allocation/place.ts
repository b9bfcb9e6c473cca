import type { Category } from "@apportion/domain/category";
import type { PoolId } from "@apportion/domain/pool-id";
import type { Reason } from "@apportion/domain/reason";
import { isCommitment, isUsage } from "@apportion/domain/record-types";
import { nodePoolOf, type Subject, tenantOf } from "@apportion/domain/tenancy";
import type { CostCell } from "./cells.js";
import type { Allocation, DirectLine, LineOwner } from "./line.js";
import type { RulesOfDay } from "./rules-of-day.js";

/** Where the dollars of a cell are before any policy: on a line of their own, or in a pool that is split among its users. */
export type Place =
  | ({ readonly kind: "held" } & Pick<
      DirectLine,
      "owner" | "basis" | "nodePool" | "recordType" | "reason" | "label"
    >)
  | { readonly kind: "pool"; readonly pool: PoolId };

/** Whose the dollars of a cell are on a day: decided here alone, for allocation and for explanations. */
export function placeOf(
  cell: Subject & Pick<CostCell, "kind" | "node" | "recordType">,
  { registry, day, ownersOn }: RulesOfDay,
): Place {
  const nothingElse = { kind: "held", nodePool: "", recordType: "", label: "" } as const;
  const recordType = otherRecordType(cell);
  if (recordType !== "")
    return { ...nothingElse, recordType, owner: { kind: "corporate" }, basis: "corporate" };
  if (cell.kind === "idle") {
    const tenant = tenantOf(registry, cell, day);
    const owner: LineOwner = tenant === undefined ? { kind: "idle" } : { kind: "team", teamId: tenant };
    return { ...nothingElse, owner, basis: "idle", nodePool: nodePoolOf(registry, cell, day)?.id ?? "" };
  }
  const owner = ownersOn(day)(subjectOf(cell));
  if (owner === undefined)
    return {
      ...nothingElse,
      owner: { kind: "unallocated" },
      basis: "direct",
      reason: reasonWithoutOwner(cell),
      label: cell.teamLabel,
    };
  // Written out, and not spread: most cells are a team's, and explanations look at thousands.
  if (owner.kind === "team")
    return {
      kind: "held",
      nodePool: "",
      recordType: "",
      label: "",
      owner: { kind: "team", teamId: owner.id },
      basis: "direct",
    };
  const pool: PoolId =
    owner.kind === "system" ? { kind: "system", cluster: cell.cluster } : { kind: "service", id: owner.id };
  return { kind: "pool", pool };
}

/** Under which category a part of a cell is held: the company's by its record type, everybody else's as it was read. */
export function categoryHeld(
  { owner, recordType }: Pick<DirectLine, "owner" | "recordType">,
  read: Category,
): Category {
  if (owner.kind !== "corporate") return read;
  return isCommitment(recordType) ? "unused-commitment" : "corporate";
}

/** The pool in which what nobody's team has is kept; undefined for a team's. Policies may split it. Of a split that is what nobody owns. */
export function keptPoolOf(line: Allocation[number]): PoolId | undefined {
  if (line.kind === "shares") return { kind: "unallocated" };
  switch (line.owner.kind) {
    case "team":
      return undefined;
    case "idle":
      return line.kind === "direct"
        ? { kind: "idle", cluster: line.cluster, nodePool: line.nodePool }
        : undefined;
    case "corporate":
      return { kind: line.category === "unused-commitment" ? line.category : "corporate" };
    case "unallocated":
      return { kind: "unallocated" };
  }
}

/** What a cost is recognised by. Bytes say whose network it is, so who owns a service of the bill does not own the traffic that it bills. */
function subjectOf(cell: Subject & Pick<CostCell, "kind">): Subject {
  return cell.kind === "network" ? { ...cell, service: "" } : cell;
}

/** Record type of a cell of the bill that is no usage; empty for all others. */
function otherRecordType({ kind, recordType }: Pick<CostCell, "kind" | "recordType">): string {
  return kind === "bill" && !isUsage(recordType) ? recordType : "";
}

/** Why a cost that the registry gives to nobody is on no team's statement. */
function reasonWithoutOwner({
  kind,
  teamLabel,
  namespace,
}: Pick<CostCell, "kind" | "teamLabel" | "namespace">): Reason {
  if (kind === "network" && namespace === "") return { kind: "no-bytes" };
  if (kind === "unowned") return { kind: "no-collector" };
  const isTagged = (kind !== "object-storage" && kind !== "bill") || teamLabel !== "";
  return { kind: isTagged ? "no-owner" : "untagged" };
}
