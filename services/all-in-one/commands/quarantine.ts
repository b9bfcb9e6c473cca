import pc from "picocolors";
import {
  isPending,
  type QuarantinedReading,
  quarantinedReadings,
} from "@apportion/books/readings/quarantined";
import { decide, type Decision, type Effect } from "@apportion/intake/quarantine/decide";
import { formatAmount } from "@apportion/reports/format";
import { onRecord } from "../on-record.js";
import { type CommandContext, print, printJson, UsageError } from "./context.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";

/** Readings that wait for a decision; with `--all` those that were decided on too. */
export async function quarantineList(
  context: CommandContext,
  options: CommonOptions & { readonly all?: boolean },
): Promise<void> {
  await withPlatform(context, options, async ({ clickhouse, currency }) => {
    const all = await quarantinedReadings(await clickhouse());
    const shown = options.all ? all : all.filter(isPending);
    if (options.json) return printJson(context, shown);
    if (shown.length === 0)
      return print(context, options.all ? "Nothing was ever in quarantine." : "Nothing is in quarantine.");
    for (const reading of shown) {
      print(context, describe(reading, currency));
      if (options.all) print(context, pc.dim(`  ${stateText(reading)}`));
    }
    print(context, pc.dim("apportion quarantine show ID says more; release or drop decides."));
  });
}

export async function quarantineShow(
  context: CommandContext,
  id: string,
  options: CommonOptions,
): Promise<void> {
  await withPlatform(context, options, async ({ clickhouse, currency }) => {
    const [reading] = await quarantinedReadings(await clickhouse(), id);
    if (!reading)
      throw new UsageError(
        `There is no quarantined reading "${id}"; see \`apportion quarantine list --all\``,
      );
    if (options.json) return printJson(context, reading);
    print(context, describe(reading, currency));
    const rows: [string, string][] = [
      ["read", reading.read_at],
      ["finality", reading.finality || "-"],
      ["rows", `${reading.row_count}, visible ${reading.visible_rows}`],
      ["snapshot", reading.snapshot_id || "none: its collector refused it"],
      [
        "seal in the log",
        reading.log_topic && `${reading.log_topic}/${reading.log_partition} at ${reading.log_offset}`,
      ],
      ["decision", reading.decision && `${reading.decision}, ${approvalText(reading)}`],
    ];
    for (const [name, value] of rows) if (value) print(context, `  ${name.padEnd(16)} ${value}`);
  });
}

export async function quarantineDecide(
  context: CommandContext,
  decision: Decision,
  options: CommonOptions,
): Promise<void> {
  await withPlatform(context, options, async (platform) => {
    const deps = { ...platform, clickhouse: await platform.clickhouse() };
    const effect = await onRecord(platform, () => decide(deps, decision));
    const { dataset, change, unit } = effect;
    if (options.json) return printJson(context, { ...decision, dataset, effect: change, unit });
    const done = decision.decision === "release" ? `released: ${effectText(effect)}` : "dropped";
    print(context, `${decision.id} ${done}`);
  });
}

/** Only costs are collected: a bill, a measurement or an inventory changes what they are compared with, split by or told beside. */
export function effectText({ dataset, change, unit }: Effect): string {
  switch (dataset) {
    case "cost":
      return `what is collected of its period changes by ${formatAmount(change, unit)}; \`allocate\` or \`up\` charges it`;
    case "bill":
      return `the bill to reconcile with, and to price Kubernetes by, changes by ${formatAmount(change, unit)}; \`allocate\` or \`up\` prices by it`;
    case "usage":
      return `what was measured of its period changes by ${change} ${unit}; \`allocate\` or \`up\` splits by it`;
    case "bucket":
      return `the inventory of its period changes by ${change} ${unit}`;
    case "workload-utilisation":
      return `what is known of how workloads use what they ask for changes by ${change} ${unit}`;
  }
}

/** What became of a reading in quarantine. */
export function stateText(
  reading: Pick<
    QuarantinedReading,
    "decision" | "prepared_by" | "decided_by" | "decision_reason" | "is_moot"
  >,
): string {
  const { decision } = reading;
  if (decision === "")
    return reading.is_moot ? "needs no decision: a later reading is visible" : "waits for a decision";
  return `${decision === "release" ? "released" : "dropped"}, ${approvalText(reading)}`;
}

function approvalText({
  prepared_by,
  decided_by,
  decision_reason,
}: Pick<QuarantinedReading, "prepared_by" | "decided_by" | "decision_reason">): string {
  return `prepared by ${prepared_by}, approved by ${decided_by}: ${decision_reason}`;
}

function describe(reading: QuarantinedReading, currency: string): string {
  const { id, dataset, source, scope, period_start, amount, unit, visible_amount, reason } = reading;
  const amountText = (text: string): string =>
    dataset === "cost" || dataset === "bill" ? formatAmount(text, currency) : `${text} ${unit}`.trimEnd();
  return [
    `${pc.bold(id)}  ${dataset}/${source}/${scope}  ${period_start.slice(0, 10)}  ${amountText(amount)}${pc.dim(`, visible ${amountText(visible_amount)}`)}`,
    `  ${reason}`,
  ].join("\n");
}
