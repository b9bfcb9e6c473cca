import pc from "picocolors";
import { allocateUnder } from "@apportion/allocator/allocate-under";
import { decimalOfCents } from "@apportion/domain/cents";
import { parseBillingPeriod } from "@apportion/domain/period";
import {
  decideAgain,
  type Decision,
  type PayerDifference,
  previewDecision,
} from "@apportion/ledger/decision";
import { policiesOf } from "@apportion/registry/allocation";
import { formatAmount } from "@apportion/reports/format";
import { withDerivedReadings } from "../config.js";
import { commandLogger } from "./command-logger.js";
import { type CommandContext, parseFlag, print, printJson, UsageError } from "./context.js";
import type { CommonOptions } from "./load.js";
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

export function asJson({ month, into, payers, journal }: Decision, currency: string): object {
  return {
    month,
    postedInto: into,
    currency,
    payers: payers.map(({ payer, posted, difference }) => ({
      payer,
      posted: decimalOfCents(posted),
      difference: decimalOfCents(difference),
      afterwards: decimalOfCents(posted + difference),
    })),
    ...(journal && { seq: String(journal.seq), hash: journal.hash }),
  };
}

const NAME_WIDTH = 26;
const AMOUNT_WIDTH = 20;

export function render(
  { month, into, payers, journal }: Decision,
  check: boolean,
  currency: string,
): string[] {
  if (payers.length === 0)
    return [
      `${month}: the owners and policies of today charge everybody what was posted. Nothing is posted.`,
    ];
  const amount = (cents: bigint): string =>
    formatAmount(decimalOfCents(cents), currency).padStart(AMOUNT_WIDTH);
  const row = (name: string, { posted, difference }: Omit<PayerDifference, "payer">): string =>
    `  ${name.padEnd(NAME_WIDTH)}${amount(posted)}${amount(difference)}${amount(posted + difference)}`;
  const sum = (of: (payer: PayerDifference) => bigint): bigint =>
    payers.reduce((total, payer) => total + of(payer), 0n);
  return [
    pc.bold(
      journal
        ? `${month} was decided again: journal ${journal.seq} in ${into}`
        : `${month}, if it were decided again: posted into ${into}`,
    ),
    pc.dim(
      `  ${"who".padEnd(NAME_WIDTH)}${["posted so far", "difference", "afterwards"].map((title) => title.padStart(AMOUNT_WIDTH)).join("")}`,
    ),
    ...payers.map((payer) => row(payer.payer, payer)),
    row("together", { posted: sum(({ posted }) => posted), difference: sum(({ difference }) => difference) }),
    ...(journal ? [`  hash ${journal.hash}`] : []),
    ...(check ? [pc.dim("Nothing was posted: that takes --prepared-by, --approved-by and --reason.")] : []),
  ];
}
