import { z } from "zod";
import type { Finality } from "@apportion/domain/facts";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import { ReadingError } from "@apportion/readings/source";
import type { AwsConfig } from "./config.js";
import { foreignText } from "@apportion/runtime/foreign-text";

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

/** A line of the bill: what it was grouped by, and its amounts as exact decimal text in the deployment's currency. */
export interface BillLine {
  /** As Cost Explorer prints them, in the order of the question: `team$fraud`, `EU-TimedStorage-ByteHrs`. */
  readonly keys: readonly string[];
  /** What is charged. */
  readonly effectiveCost: string;
  readonly unblendedCost: string;
  /** `0` where the bill does not have it. */
  readonly amortizedCost: string;
  readonly netAmortizedCost: string;
  readonly usageQuantity: string;
}

export interface BillDay {
  readonly lines: readonly BillLine[];
  /** Provisional while any page of the day is estimated. */
  readonly finality: Finality;
}

/**
 * Lines of one day, which may be spread over several pages.
 * @throws ReadingError when the day is missing, in another currency, or when its numbers cannot be read
 */
export function linesOfDay(
  results: readonly unknown[],
  day: Day,
  chargeBy: AwsConfig["chargeBy"],
  currency: string,
): BillDay {
  const parts = results.map(parseResult).filter(({ TimePeriod }) => TimePeriod.Start === day);
  if (parts.length === 0) throw new ReadingError("malformed", `Cost Explorer's answer leaves out ${day}`);
  const lines = parts.flatMap(({ Groups }) => Groups.map((group) => lineOf(group, chargeBy, currency)));
  return { lines, finality: parts.some(({ Estimated }) => Estimated) ? "provisional" : "final" };
}

function parseResult(result: unknown): z.infer<typeof resultSchema> {
  const parsed = resultSchema.safeParse(result);
  if (parsed.success) return parsed.data;
  throw new ReadingError(
    "malformed",
    `Cost Explorer's answer has another shape than documented: ${foreignText(z.prettifyError(parsed.error))}`,
  );
}

type Group = z.infer<typeof resultSchema>["Groups"][number];

function lineOf({ Keys, Metrics }: Group, chargeBy: AwsConfig["chargeBy"], currency: string): BillLine {
  const name = (): string => foreignText(Keys.join(", ")); // of a bill's thousands of lines only one that is wrong needs it
  const needed = (metric: string): string => {
    const found = Metrics[metric];
    if (!found) throw new ReadingError("malformed", `Cost Explorer's group ${name()} has no ${metric}`);
    if (found.Unit !== currency)
      throw new ReadingError(
        "absurd",
        `Cost Explorer's group ${name()} is in ${foreignText(found.Unit)}; this deployment counts in ${currency}`,
      );
    return exact(found.Amount, name);
  };
  const optional = (metric: string): string => (Metrics[metric] ? needed(metric) : "0");
  return {
    keys: Keys,
    effectiveCost: needed(chargeBy),
    unblendedCost: needed("UnblendedCost"),
    amortizedCost: optional("AmortizedCost"),
    netAmortizedCost: optional("NetAmortizedCost"),
    usageQuantity: exact(Metrics["UsageQuantity"]?.Amount ?? "0", name),
  };
}

function exact(amount: string, name: () => string): string {
  try {
    return formatPicos(parsePicos(amount));
  } catch (error) {
    throw new ReadingError("malformed", `Cost Explorer's group ${name()}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** `team$fraud` → `fraud`; `team$` (untagged) → ``. */
export function tagValue(key: string, teamTag: string): string {
  return key.startsWith(`${teamTag}$`) ? key.slice(teamTag.length + 1) : "";
}
