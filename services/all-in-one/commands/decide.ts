import pc from "picocolors";
import { allocateUnder } from "@apportion/allocator/allocate-under";
import { decimalOfCents } from "@apportion/domain/cents";
import { parseBillingPeriod } from "@apportion/domain/period";
import { decideAgain, type Decision, previewDecision } from "@apportion/ledger/decision";
import { policiesOf } from "@apportion/registry/allocation";
import { withDerivedReadings } from "../config.js";
import { moveText } from "./adjust-text.js";
import { commandLogger } from "./command-logger.js";
import { type CommandContext, parseFlag, print, printJson, UsageError } from "./context.js";
import type { CommonOptions } from "./load.js";
import { payerJson, payerTable } from "./payer-table.js";
import { withPlatform } from "./platform.js";

export interface DecideOptions extends CommonOptions {
  readonly month: string;
  /** Shows what it would come to only. */
  readonly check?: boolean;
  readonly preparedBy?: string;
  readonly approvedBy?: string;
  readonly reason?: string;
}

/** Decides a closed month again under the owners and policies of the configuration; the difference goes into the open month. */
export async function decide(context: CommandContext, options: DecideOptions): Promise<void> {
  const month = parseFlag("--month", options.month, parseBillingPeriod);
  const { check, preparedBy, approvedBy, reason } = options;
  if (!check && (preparedBy === undefined || approvedBy === undefined || reason === undefined))
    throw new UsageError(
      "decide needs --prepared-by, --approved-by and --reason, or --check to see what it would come to",
    );
  await withPlatform(context, options, async (platform, config) => {
    const clickhouse = await platform.clickhouse();
    const rules = {
      registry: platform.registry,
      policies: policiesOf(config.allocation),
      expectedReadings: withDerivedReadings(config).allocation.expectedReadings,
    };
    const request = {
      month,
      preparedBy: preparedBy ?? "",
      approvedBy: approvedBy ?? "",
      reason: reason ?? "",
    };
    const recovery = await platform.recovery();
    await recovery.requireWhole();
    const decision = check
      ? await previewDecision(clickhouse, month, rules)
      : await decideAgain(
          {
            ...platform,
            clickhouse,
            allocate: (period, today) =>
              allocateUnder(
                { ...platform, clickhouse, logger: commandLogger(config.logLevel) },
                period,
                today,
              ),
          },
          request,
          rules,
        );
    await recovery.tell();
    if (options.json) printJson(context, asJson(decision, platform.currency));
    else for (const text of render(decision, check === true, platform.currency)) print(context, text);
  });
}

export function asJson({ month, into, payers, adjustments, journal }: Decision, currency: string): object {
  return {
    month,
    postedInto: into,
    currency,
    payers: payers.map(({ payer, posted, difference }) => ({
      payer,
      ...payerJson({ soFar: posted, difference }),
    })),
    adjustments: adjustments.map(({ id, reason, cents }) => ({ id, amount: decimalOfCents(cents), reason })),
    ...(journal && { seq: String(journal.seq), hash: journal.hash }),
  };
}

export function render(
  { month, into, payers, adjustments, journal }: Decision,
  check: boolean,
  currency: string,
): string[] {
  if (payers.length === 0)
    return [
      `${month}: the owners and policies of today charge everybody what was posted. Nothing is posted.`,
    ];
  return [
    pc.bold(
      journal
        ? `${month} was decided again: journal ${journal.seq} in ${into}`
        : `${month}, if it were decided again: posted into ${into}`,
    ),
    ...payerTable(
      payers.map(({ payer, posted, difference }) => ({ name: payer, soFar: posted, difference })),
      currency,
      "posted so far",
    ),
    ...(journal ? [`  hash ${journal.hash}`] : []),
    ...(adjustments.length === 0
      ? []
      : [
          "What people moved of the month stays moved; move back by `adjust propose` what was moved for the same cause:",
          ...adjustments.map((each) => `  ${each.id}  ${moveText(each, currency)}: ${each.reason}`),
        ]),
    ...(check ? [pc.dim("Nothing was posted: that takes --prepared-by, --approved-by and --reason.")] : []),
  ];
}
