import type { Category } from "@apportion/domain/category";
import type { CostKind } from "@apportion/domain/facts";
import type { Day } from "@apportion/domain/period";

/** Where dollars were read. Conservation holds for each. */
export interface Origin {
  readonly source: string;
  readonly scope: string;
}

/** Facts of one day that have the same owner and origin, summed by ClickHouse. Amounts in picos. */
export interface CostCell extends Origin {
  readonly kind: CostKind;
  readonly cluster: string;
  readonly namespace: string;
  /** Only where the registry tells owners apart by controller; else empty. */
  readonly controller: string;
  /** Only of idle, where it was read by node; else empty. */
  readonly node: string;
  readonly teamLabel: string;
  /** Service of the bill, for costs that come from it; else empty. */
  readonly service: string;
  /** Record type of the bill, for costs of kinds `bill` and `unowned`; else empty. */
  readonly recordType: string;
  readonly parts: readonly CostPart[];
}

export interface CostPart {
  readonly category: Category;
  readonly amount: bigint;
}

/** Usage of one meter, by who used it. Quantity in units of 10⁻¹². */
export interface UsageCell {
  /** The day of the use; of meters that no policy counts by day, the first of the days on which owners were the same. */
  readonly day: Day;
  readonly meter: string;
  readonly teamLabel: string;
  /** Of the namespace; empty where the meter does not know it. */
  readonly cluster: string;
  readonly namespace: string;
  readonly quantity: bigint;
}
