import pc from "picocolors";
import { allocateUnder } from "@apportion/allocator/allocate-under";
import type { DecisionDraft } from "@apportion/books/ledger/decision";
import type { ProposedDecision } from "@apportion/books/ledger/decisions";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { decimalOfCents } from "@apportion/domain/cents";
import { parseBillingPeriod } from "@apportion/domain/period";
import { type DecisionDeps, proposeDecision } from "@apportion/ledger/decide";
import { type Decision, previewDecision, type RulesOfToday } from "@apportion/ledger/decision";
import type { Platform } from "@apportion/platform/platform";
import { policiesOf } from "@apportion/registry/allocation";
import { formatAmount } from "@apportion/reports/format";
import { type ApportionConfig, withDerivedReadings } from "../config.js";
import { onRecord } from "../on-record.js";
import { draftLines, moveText, stateJson, whyText } from "./adjust-text.js";
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
  readonly reason?: string;
}

/**
 * Puts on record what a closed month would come to under the owners and policies of the configuration; the difference goes into the open month once somebody
 * else approves it.
 */
export async function adjustDecide(context: CommandContext, options: DecideOptions): Promise<void> {
  const month = parseFlag("--month", options.month, parseBillingPeriod);
  const { check, preparedBy, reason } = options;
  if (!check && (preparedBy === undefined || reason === undefined))
    throw new UsageError(
      "adjust decide needs --prepared-by and --reason, or --check to see what it would come to",
    );
  await withPlatform(context, options, async (platform, config) => {
    const clickhouse = await platform.clickhouse();
    const rules = rulesOfToday(platform, config);
    const { currency } = platform;
    const { decision, draft } = check
      ? { decision: await previewDecision(clickhouse, month, rules), draft: undefined }
      : await onRecord(platform, () =>
          proposeDecision(
            { ...platform, clickhouse },
            { month, reason: reason ?? "", preparedBy: preparedBy ?? "" },
            rules,
            config.allocation.close.adjustmentExpiresDays,
          ),
        );
    const proposed = draft && { ...draft, state: { kind: "waiting" as const } };
    if (options.json)
      return printJson(
        context,
        proposed
          ? decisionJson(proposed, currency, decision)
          : {
              kind: "decision",
              state: "none",
              ...changesJson(decision, currency),
              effect: asJson(decision, currency),
            },
      );
    for (const text of proposed ? decisionLines(proposed, currency) : []) print(context, text);
    for (const text of decisionEffectLines(decision, currency)) print(context, text);
    if (check && !decision.isNothing)
      print(context, pc.dim("Nothing is on record: that takes --prepared-by and --reason."));
  });
}

/** The owners and policies that are configured. */
export function rulesOfToday(
  { registry }: Pick<Platform, "registry">,
  config: ApportionConfig,
): RulesOfToday {
  return {
    registry,
    policies: policiesOf(config.allocation),
    expectedReadings: withDerivedReadings(config).allocation.expectedReadings,
  };
}

export function decidingOn(
  platform: Platform,
  clickhouse: ClickHouse,
  { logLevel }: Pick<ApportionConfig, "logLevel">,
): DecisionDeps {
  const runs = { ...platform, clickhouse, logger: commandLogger(logLevel) };
  return { ...runs, allocate: (period, rules) => allocateUnder(runs, period, rules) };
}

export function asJson({ month, into, payers, adjustments }: Decision, currency: string): object {
  return {
    month,
    postedInto: into,
    currency,
    payers: payers.map(({ payer, posted, difference }) => ({
      payer,
      ...payerJson({ soFar: posted, difference }),
    })),
    adjustments: adjustments.map(({ id, reason, cents }) => ({ id, amount: decimalOfCents(cents), reason })),
  };
}

/** What it comes to, of something. */
export function render({ payers, adjustments, before }: Decision, currency: string): string[] {
  return [
    ...before.map(
      ({ seq, postedAt, preparedBy, approvedBy, reason }) =>
        `  it was decided before on ${postedAt.slice(0, 10)} as journal ${seq}, by ${preparedBy} and ${approvedBy}: ${reason}; this is the difference to that`,
    ),
    ...(payers.length === 0
      ? [`  ${SAME}`]
      : payerTable(
          payers.map(({ payer, posted, difference }) => ({ name: payer, soFar: posted, difference })),
          currency,
          "of it so far",
        )),
    ...(adjustments.length === 0
      ? []
      : [
          "What people moved of the month stays moved; move back by `adjust propose` what was moved for the same cause:",
          ...adjustments.map((each) => `  ${each.id}  ${moveText(each, currency)}: ${each.reason}`),
        ]),
  ];
}

const SAME = "everybody pays the same, by other lines";
const NAMED_MAX = 3;

/** `2026-10 decided again: ads -120.50 USD, search 120.50 USD` */
function decisionText({ month, payers }: DecisionDraft, currency: string): string {
  const named = payers
    .slice(0, NAMED_MAX)
    .map(({ payer, difference }) => `${payer} ${formatAmount(decimalOfCents(difference), currency)}`);
  const rest = payers.length - named.length;
  const said = named.length === 0 ? SAME : `${named.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
  return `${month} decided again: ${said}`;
}

export function decisionLines(decision: ProposedDecision, currency: string): string[] {
  return draftLines(decision, decisionText(decision, currency));
}

/** What a draft comes to, or why it cannot be posted as things are. */
export function decisionEffectLines(effect: Decision | { readonly why: string }, currency: string): string[] {
  if ("why" in effect) return [whyText(effect)];
  const { month, into, isNothing } = effect;
  return isNothing
    ? [
        `${month}: the owners and policies of today charge everybody what was posted. There is nothing to decide.`,
      ]
    : [`  to be posted into ${into}:`, ...render(effect, currency)];
}

function changesJson({ month, payers }: Pick<DecisionDraft, "month" | "payers">, currency: string): object {
  const changes = payers.map(({ payer, difference }) => ({ payer, difference: decimalOfCents(difference) }));
  return { month, currency, payers: changes };
}

/** Amounts as decimal strings. */
export function decisionJson(
  { contentHash: _contentHash, state, ...draft }: ProposedDecision,
  currency: string,
  effect?: Decision | { readonly why: string },
): object {
  return {
    kind: "decision",
    ...draft,
    ...changesJson(draft, currency),
    ...stateJson(state),
    ...(effect && ("why" in effect ? { cannotBePosted: effect.why } : { effect: asJson(effect, currency) })),
  };
}
