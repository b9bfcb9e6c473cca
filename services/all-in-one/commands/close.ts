import pc from "picocolors";
import { ledgerHead } from "@apportion/books/ledger/journals";
import { readWaitingDrafts, type WaitingDraft } from "@apportion/books/ledger/waiting-drafts";
import { parseBillingPeriod } from "@apportion/domain/period";
import { checkClose, closeMonth, type CloseResult, type Override } from "@apportion/ledger/close";
import { formatAmount } from "@apportion/reports/format";
import { onRecord } from "../on-record.js";
import { gateLines } from "../summary/gates.js";
import { type CommandContext, parseFlag, print, printJson, progressLine, UsageError } from "./context.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";

export interface CloseOptions extends CommonOptions {
  readonly month: string;
  /** Looks at the gates only. */
  readonly check?: boolean;
  readonly preparedBy?: string;
  readonly approvedBy?: string;
  readonly overrideReason?: string;
}

/** Closes a month when every gate passes; true when it is closed, or with `--check` when it could be. */
export async function close(context: CommandContext, options: CloseOptions): Promise<boolean> {
  const month = parseFlag("--month", options.month, parseBillingPeriod);
  const { preparedBy, approvedBy, overrideReason = "", check } = options;
  if (!check && (preparedBy === undefined || approvedBy === undefined))
    throw new UsageError("close needs --prepared-by and --approved-by, or --check to look at the gates only");
  return withPlatform(context, options, async (platform, config) => {
    const line = progressLine(context);
    const deps = {
      ...platform,
      clickhouse: await platform.clickhouse(),
      onProgress: (done: number, total: number) =>
        line.update(`Computing ${month} again: ${done} of ${total} days`, false),
    };
    const promised = { ...config.allocation.close, isWithoutBill: config.isWithoutBill };
    try {
      if (check) {
        const { closed, gates } = await checkClose(deps, month, promised);
        line.end();
        const drafts = closed ? [] : await readWaitingDrafts(deps.clickhouse, context.now());
        if (options.json) printJson(context, { month, closed, gates, drafts });
        else
          for (const text of [...checkLines(month, closed, gates), ...draftsLines(month, drafts)])
            print(context, text);
        return closed || gates.every(({ passed }) => passed);
      }
      const request = {
        month,
        preparedBy: preparedBy ?? "",
        approvedBy: approvedBy ?? "",
        overrideReason,
      };
      const drafts = await readWaitingDrafts(deps.clickhouse, context.now());
      const result = await onRecord(platform, () => closeMonth(deps, request, promised));
      line.end();
      const { seq, hash } = await ledgerHead(deps.clickhouse);
      const head = { seq: String(seq), hash };
      const { currency } = platform;
      if (options.json) printJson(context, { ...result, head, currency, drafts });
      else
        for (const text of [...resultLines(result, head, currency), ...draftsLines(month, drafts)])
          print(context, text);
      return result.closed;
    } finally {
      line.end();
    }
  });
}

/** No gate: a month is closed all the same, but nobody should learn afterwards that something was to go into it. */
export function draftsLines(month: string, drafts: readonly WaitingDraft[]): string[] {
  if (drafts.length === 0) return [];
  return [
    pc.yellow(`Not approved yet; what is not while ${month} is open goes into a later month:`),
    ...drafts.map(
      ({ kind, id, month: about, preparedBy, reason }) =>
        `  ${id}  ${kind} about ${about}, proposed by ${preparedBy}: ${reason}`,
    ),
  ];
}

export function checkLines(month: string, closed: boolean, gates: CloseResult["gates"]): string[] {
  return [
    ...(closed ? [pc.bold(`${month} is closed; this is what it was closed with:`)] : []),
    ...gateLines(gates),
  ];
}

export function resultLines(
  { month, closed, already, gates, ...posted }: CloseResult,
  head: Pick<CloseResult, "seq" | "hash">,
  currency: string,
): string[] {
  if (!closed)
    return [
      pc.bold(`${month} stays open:`),
      ...gateLines(gates),
      pc.dim("Mend what failed and close again; nothing was posted."),
    ];
  return [
    pc.bold(`${month} ${already ? "was closed already" : "is closed"}`),
    ...gateLines(gates),
    ...overrideLines(posted.override, currency),
    `  posted ${formatAmount(posted.charged, currency)} as journal ${posted.seq}, hash ${posted.hash}`,
    `  head of the ledger: journal ${head.seq}, hash ${head.hash}`,
    pc.dim(
      "Keep the head's hash outside the database, e.g. in the minutes: `verify` compares the ledger with it.",
    ),
  ];
}

/** What the reason let pass, in dollars. */
function overrideLines(override: Override | undefined, currency: string): string[] {
  if (!override) return [];
  const { reason, billed, notAttributed, rateVariance } = override;
  return [
    `  overridden: ${reason}`,
    `    ${formatAmount(notAttributed, currency)} of ${formatAmount(billed, currency)} was not attributed; ${formatAmount(rateVariance, currency)} is Kubernetes, bill less list prices`,
  ];
}
