import { z } from "zod";
import type { CostFactRow, Finality } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import { ReadingError } from "@apportion/readings/source";
import type { S3Config } from "./config.js";

/** Cost Explorer's ResultByTime. The SDK takes any JSON; this does not. */
const resultSchema = z.object({
  TimePeriod: z.object({ Start: z.string(), End: z.string() }),
  Groups: z
    .array(
      z.object({
        Keys: z.array(z.string()).min(1),
        Metrics: z.record(z.string(), z.object({ Amount: z.string(), Unit: z.string() })),
      }),
    )
    .default([]),
  Estimated: z.boolean(),
});

export interface BillOptions extends Pick<S3Config, "chargeBy" | "costPerDayMax" | "teamTag"> {
  readonly currency: string;
}

export interface DayOfBill {
  readonly rows: readonly CostFactRow[];
  readonly finality: Finality;
}

/**
 * Facts of one day by team tag and usage type. A day may be spread over several pages; while one of them is estimated, the day
 * is provisional.
 *
 * @throws ReadingError when the day is missing, in another currency, or when its numbers cannot be right
 */
export function toStorageFacts(results: readonly unknown[], day: Day, options: BillOptions): DayOfBill {
  const parts = results.map(parseResult).filter(({ TimePeriod }) => TimePeriod.Start === day);
  if (parts.length === 0) throw new ReadingError("malformed", `Cost Explorer's answer leaves out ${day}`);
  const rows = parts.flatMap(({ Groups }) => Groups.map((group) => toRow(group, options)));
  const total = rows.reduce((sum, row) => sum + parsePicos(row.effective_cost), 0n);
  if (total > parsePicos(options.costPerDayMax))
    throw new ReadingError(
      "absurd",
      `S3 cost ${formatPicos(total)} on one day, more than costPerDayMax ${options.costPerDayMax}`,
    );
  return { rows, finality: parts.some(({ Estimated }) => Estimated) ? "provisional" : "final" };
}

function parseResult(result: unknown): z.infer<typeof resultSchema> {
  const parsed = resultSchema.safeParse(result);
  if (parsed.success) return parsed.data;
  throw new ReadingError(
    "malformed",
    `Cost Explorer's answer has another shape than documented: ${z.prettifyError(parsed.error)}`,
  );
}

type Group = z.infer<typeof resultSchema>["Groups"][number];

function toRow({ Keys, Metrics }: Group, options: BillOptions): CostFactRow {
  const [tag = "", usageType = ""] = Keys;
  const name = Keys.join(", ");
  const charged = amountOf(Metrics, options.chargeBy, name, options.currency);
  const billed = amountOf(Metrics, "UnblendedCost", name, options.currency);
  return {
    kind: "object-storage",
    cluster: "",
    namespace: "",
    controller_kind: "",
    controller: "",
    // `team$fraud`; `team$` is untagged.
    team_label: tag.startsWith(`${options.teamTag}$`) ? tag.slice(options.teamTag.length + 1) : "",
    cost_center: "",
    usage_type: usageType,
    cpu_cost: "0",
    gpu_cost: "0",
    ram_cost: "0",
    pv_cost: "0",
    load_balancer_cost: "0",
    network_cost_info: "0",
    effective_cost: charged,
    billed_cost: billed,
    cpu_core_hours: "0",
    gpu_hours: "0",
    ram_gib_hours: "0",
  };
}

function amountOf(metrics: Group["Metrics"], metric: string, name: string, currency: string): string {
  const found = metrics[metric];
  if (!found) throw new ReadingError("malformed", `Cost Explorer's group ${name} has no ${metric}`);
  if (found.Unit !== currency)
    throw new ReadingError(
      "absurd",
      `Cost Explorer's group ${name} is in ${found.Unit}; this deployment counts in ${currency}`,
    );
  const picos = picosOf(found.Amount, name);
  if (picos < 0n)
    throw new ReadingError(
      "absurd",
      `Cost Explorer's group ${name} has usage for a negative amount, ${found.Amount}`,
    );
  return formatPicos(picos);
}

function picosOf(amount: string, name: string): bigint {
  try {
    return parsePicos(amount);
  } catch (error) {
    throw new ReadingError("malformed", `Cost Explorer's group ${name}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
