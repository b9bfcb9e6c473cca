import type { Category } from "@apportion/domain/category";
import type { CostKind } from "@apportion/domain/facts";
import type { BillingPeriod } from "@apportion/domain/period";

/** Why somebody owes another amount than before. Those of a payer add up to the difference, exactly. */
export const EFFECTS = [
  /** The same workload, at another price a unit. */
  "price",
  /** The same workload, in another quantity, at the price of before. */
  "usage",
  /** The same workload for more or fewer days, as much of it a day and at the price of before. */
  "days",
  /** The same workload without a quantity that was read, or a pool without a share of before: named and not guessed. */
  "not-told-apart",
  /** A workload that cost nobody anything before. */
  "new",
  /** A workload that costs nobody anything now. */
  "gone",
  /** A pool that costs another amount, at the share of before. */
  "pool-cost",
  /** Another share of a pool, at what it costs now. */
  "pool-share",
  /** The same workload, which was or is another's. */
  "ownership",
  /** Capacity that nobody asked for, where it is the payer's alone. */
  "idle",
  /** Caps and minimum charges, and what is the company's: tax, support, credits, fees, unused commitments. */
  "adjustments",
  /** Of closed months, posted beside the statement. */
  "corrections",
] as const;
export type Effect = (typeof EFFECTS)[number];

/** What runs or is stored, as facts name it; empty where facts of its kind have no such name. */
export interface WorkloadName {
  readonly kind: CostKind;
  readonly source: string;
  /** Cluster or account. */
  readonly scope: string;
  readonly cluster: string;
  readonly namespace: string;
  readonly controller: string;
  /** Service of the bill. */
  readonly service: string;
  /** Team label or tag, where the workload is told apart by it; else empty. */
  readonly label: string;
  /** hipaa or pci where controller and label are of such a team, and not for everybody; else empty. */
  readonly protectedLevel: string;
  /** The only such team that ever had a rule for it; empty where several had, or none. */
  readonly protectedTeam: string;
}

/** What an amount is of. */
export type Subject =
  | ({ readonly of: "workload" } & WorkloadName)
  /** A pool, as lines print it. */
  | { readonly of: "pool"; readonly pool: string }
  | { readonly of: "idle"; readonly cluster: string; readonly nodePool: string }
  /** What the bill says of Kubernetes beside any workload. */
  | { readonly of: "rate-variance" }
  | { readonly of: "company" }
  | { readonly of: "correction"; readonly corrects: BillingPeriod; readonly pool: string };

/** What a payer owes otherwise of one thing, for one reason. */
export interface Movement {
  readonly effect: Effect;
  readonly subject: Subject;
  readonly category: Category;
  /** By how much the payer owes more, or less, for this reason. In picos. */
  readonly picos: bigint;
  /** What the payer owed and owes of the subject in this category, for all reasons. In picos. */
  readonly before: bigint;
  readonly after: bigint;
  /** Of prices and usage: core-hours, GPU-hours or GiB-hours of the workload, whoever paid them, in units of 10⁻¹². */
  readonly quantity?: { readonly before: bigint; readonly after: bigint };
  /** Of pools: what all payers together paid and pay. In picos. */
  readonly poolCost?: { readonly before: bigint; readonly after: bigint };
  /** Of ownership: the others whose it was and is, as `ownerOf` names them; `pool/…` where it is in a pool. */
  readonly others?: { readonly before: readonly string[]; readonly after: readonly string[] };
}
