import type { CostFactRow, Finality } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { ReadingError } from "@apportion/readings/source";
import { S3_SERVICE } from "@apportion/aws/bill-lines";
import { tagValue, type BillDay } from "@apportion/aws/parse";
import { foreignText } from "@apportion/runtime/foreign-text";

export interface StorageOptions {
  readonly account: string;
  readonly teamTag: string;
  readonly costPerDayMax: string;
}

/**
 * Facts of one day by team tag and usage type.
 * @throws ReadingError when its numbers cannot be right
 */
export function toStorageFacts(
  { lines, finality }: BillDay,
  { account, teamTag, costPerDayMax }: StorageOptions,
): { readonly rows: readonly CostFactRow[]; readonly finality: Finality } {
  const rows = lines.map(({ keys, ...amounts }): CostFactRow => {
    const [tag = "", usageType = ""] = keys;
    if (parsePicos(amounts.effectiveCost) < 0n)
      throw new ReadingError(
        "absurd",
        `S3's ${foreignText(keys.join(", "))} has usage for a negative amount, ${amounts.effectiveCost}`,
      );
    return {
      kind: "object-storage",
      account,
      service: S3_SERVICE,
      record_type: "Usage",
      team_label: tagValue(tag, teamTag),
      usage_type: usageType,
      effective_cost: amounts.effectiveCost,
      billed_cost: amounts.unblendedCost,
      amortized_cost: amounts.amortizedCost,
      net_amortized_cost: amounts.netAmortizedCost,
    };
  });
  const total = rows.reduce((sum, row) => sum + parsePicos(row.effective_cost), 0n);
  if (total > parsePicos(costPerDayMax))
    throw new ReadingError(
      "absurd",
      `S3 cost ${formatPicos(total)} on one day, more than costPerDayMax ${costPerDayMax}`,
    );
  return { rows, finality };
}
