import type { AdjustedSide } from "@apportion/books/ledger/adjustment";
import { readAdjustments } from "@apportion/books/ledger/adjustments";
import { type ProposedDecision, readDecisions } from "@apportion/books/ledger/decisions";
import { readChargedFor } from "@apportion/books/months/read-charged";
import { type BillingPeriod, parseBillingPeriod } from "@apportion/domain/period";
import { KEPT_APART } from "@apportion/domain/statement";
import {
  type AdjustDeps,
  adjustmentEffect,
  approveAdjustment,
  proposeAdjustment,
  readAdjustment,
  withdrawAdjustment,
} from "@apportion/ledger/adjust";
import { approveDecision, decisionEffect, withdrawDecision } from "@apportion/ledger/decide";
import { DraftError } from "@apportion/ledger/draft";
import type { Platform } from "@apportion/platform/platform";
import type { ApportionConfig } from "../config.js";
import { onRecord } from "../on-record.js";
import {
  decidingOn,
  decisionEffectLines,
  decisionJson,
  decisionLines,
  render,
  rulesOfToday,
} from "./adjust-decide.js";
import { adjustmentJson, adjustmentLines, effectLines, type Proposed, stateText } from "./adjust-text.js";
import { type CommandContext, parseFlag, print, printJson, UsageError } from "./context.js";
import type { CommonOptions } from "./load.js";
import { nearest } from "./nearest.js";
import { withPlatform } from "./platform.js";
import { unknownTeam } from "./unknown-team.js";

export interface ProposeOptions extends CommonOptions {
  readonly from: string;
  readonly to: string;
  readonly amount: string;
  readonly month: string;
  readonly toMonth?: string;
  readonly reason: string;
  readonly preparedBy: string;
}

/** Puts a draft on record and shows what it would come to; nothing is posted until somebody else approves it. */
export async function adjustPropose(context: CommandContext, options: ProposeOptions): Promise<void> {
  const month = parseFlag("--month", options.month, parseBillingPeriod);
  const toMonth =
    options.toMonth === undefined ? month : parseFlag("--to-month", options.toMonth, parseBillingPeriod);
  const from = parseFlag("--from", options.from, (text) => parseSide(text, month));
  const to = parseFlag("--to", options.to, (text) => parseSide(text, toMonth));
  const cents = parseFlag("--amount", options.amount, parseAmount);
  const { reason, preparedBy } = options;
  await withAdjustments(context, options, async (deps, platform, config) => {
    await requireKnown(deps, { "--from": from, "--to": to });
    const proposal = { from, to, cents, reason, preparedBy };
    const days = config.allocation.close.adjustmentExpiresDays;
    const { draft, effect } = await proposeAdjustment(deps, proposal, days);
    const adjustment = { ...draft, state: { kind: "waiting" as const } };
    const { currency } = platform;
    if (options.json) return printJson(context, adjustmentJson(adjustment, currency, effect));
    for (const text of [...adjustmentLines(adjustment, currency), ...effectLines(effect, currency)])
      print(context, text);
  });
}

/** Everything that was proposed, the first first, and what became of it. */
export async function adjustList(context: CommandContext, options: CommonOptions): Promise<void> {
  await withPlatform(context, options, async (platform) => {
    const clickhouse = await platform.clickhouse();
    const { currency } = platform;
    const all = [
      ...(await readAdjustments(clickhouse, context.now())).map((each) => ({
        proposedAt: each.proposedAt,
        lines: adjustmentLines(each, currency),
        json: adjustmentJson(each, currency),
      })),
      ...(await readDecisions(clickhouse, context.now())).map((each) => ({
        proposedAt: each.proposedAt,
        lines: decisionLines(each, currency),
        json: decisionJson(each, currency),
      })),
    ].toSorted((a, b) => Date.parse(a.proposedAt) - Date.parse(b.proposedAt));
    if (options.json)
      return printJson(
        context,
        all.map(({ json }) => json),
      );
    if (all.length === 0) return print(context, "Nothing was proposed.");
    for (const text of all.flatMap(({ lines }) => lines)) print(context, text);
  });
}

/** One adjustment or decision; while it waits, with what it would come to now. */
export async function adjustShow(context: CommandContext, id: string, options: CommonOptions): Promise<void> {
  await withPlatform(context, options, async (platform, config) => {
    const deps = await depsOf(platform, config);
    const { currency } = platform;
    const decision = await findDecision(deps, id);
    if (decision) {
      const rules = rulesOfToday(platform, config);
      const effect = isWaiting(decision)
        ? await orWhy(decisionEffect(deps.clickhouse, decision, rules))
        : undefined;
      if (options.json) return printJson(context, decisionJson(decision, currency, effect));
      for (const text of decisionLines(decision, currency)) print(context, text);
      for (const text of effect ? decisionEffectLines(effect, currency) : []) print(context, text);
      return printHash(context, decision);
    }
    const found = await readAdjustment(deps, id);
    const effect = isWaiting(found) ? await orWhy(adjustmentEffect(deps, found)) : undefined;
    if (options.json) return printJson(context, adjustmentJson(found, currency, effect));
    for (const text of adjustmentLines(found, currency)) print(context, text);
    for (const text of effect ? effectLines(effect, currency) : []) print(context, text);
    printHash(context, found);
  });
}

/** Posts what was proposed into the open month. */
export async function adjustApprove(
  context: CommandContext,
  id: string,
  { approvedBy, ...options }: CommonOptions & { readonly approvedBy: string },
): Promise<void> {
  await withAdjustments(context, options, async (deps, platform, config) => {
    const { currency } = platform;
    const say = (proposed: Proposed, already: boolean, lines: readonly string[], json: object): void => {
      if (options.json) return printJson(context, { ...json, already });
      if (already) print(context, "It was posted before; nothing is posted again.");
      for (const text of lines) print(context, text);
      printHash(context, proposed);
    };
    if (await findDecision(deps, id)) {
      const deciding = decidingOn(platform, deps.clickhouse, config);
      const rules = rulesOfToday(platform, config);
      const { decision, already, effect } = await approveDecision(deciding, id, approvedBy, rules);
      const lines = [...decisionLines(decision, currency), ...(effect ? render(effect, currency) : [])];
      return say(decision, already, lines, decisionJson(decision, currency));
    }
    const { adjustment, already } = await approveAdjustment(deps, id, approvedBy);
    say(adjustment, already, adjustmentLines(adjustment, currency), adjustmentJson(adjustment, currency));
  });
}

/** Takes a draft back that nobody approved. */
export async function adjustWithdraw(
  context: CommandContext,
  id: string,
  { by, ...options }: CommonOptions & { readonly by: string },
): Promise<void> {
  await withAdjustments(context, options, async (deps, { currency }) => {
    const say = (proposed: Proposed, json: object): void =>
      options.json ? printJson(context, json) : print(context, `${id} ${stateText(proposed)}`);
    if (await findDecision(deps, id)) {
      const decision = await withdrawDecision(deps, id, by);
      return say(decision, decisionJson(decision, currency));
    }
    const adjustment = await withdrawAdjustment(deps, id, by);
    say(adjustment, adjustmentJson(adjustment, currency));
  });
}

async function findDecision(
  { clickhouse, clock }: AdjustDeps,
  id: string,
): Promise<ProposedDecision | undefined> {
  return (await readDecisions(clickhouse, clock())).find((each) => each.id === id);
}

function isWaiting({ state }: Proposed): boolean {
  return state.kind === "waiting";
}

function printHash(context: CommandContext, { state }: Proposed): void {
  if (state.kind === "posted") print(context, `  hash ${state.journal.hash}`);
}

/** What it comes to, or why it could not be posted now: since it was proposed, the books may have gone on. */
async function orWhy<T>(effect: Promise<T>): Promise<T | { readonly why: string }> {
  return effect.catch((error: unknown) => {
    if (error instanceof DraftError) return { why: error.message };
    throw error;
  });
}

async function depsOf(platform: Platform, { allocation }: ApportionConfig): Promise<AdjustDeps> {
  const { firstMonth } = allocation.close;
  return { ...platform, clickhouse: await platform.clickhouse(), firstMonth };
}

/** The log is told what is left in the tables, so that it outlives them. */
async function withAdjustments(
  context: CommandContext,
  options: CommonOptions,
  act: (deps: AdjustDeps, platform: Platform, config: ApportionConfig) => Promise<void>,
): Promise<void> {
  await withPlatform(context, options, async (platform, config) => {
    const deps = await depsOf(platform, config);
    await onRecord(platform, () => act(deps, platform, config));
  });
}

/** `team:search` or a pool that is kept apart: `idle`, `corporate`, `unallocated` */
export function parseSide(text: string, period: BillingPeriod): AdjustedSide {
  const pool = KEPT_APART.find((each) => each === text);
  if (pool) return { ownerKind: pool, teamId: "", period };
  const teamId = /^team:(.+)$/.exec(text)?.[1];
  if (teamId === undefined)
    throw new Error(
      `"${text}" is neither team:ID nor ${KEPT_APART.join(", ")}; a team is written as team:${text}`,
    );
  return { ownerKind: "team", teamId, period };
}

/** `120.50` → `12050n` */
export function parseAmount(text: string): bigint {
  const [, whole, places = ""] = /^(\d{1,15})(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined)
    throw new Error(
      `"${text}" is no amount above zero such as 120.50; to move it the other way, exchange --from and --to`,
    );
  if (places.length > 2) throw new Error(`${text} has more than two decimals, and cents are what is posted`);
  return BigInt(whole) * 100n + BigInt(places.padEnd(2, "0"));
}

/** Configured, or charged for the month and gone from the configuration since. */
async function requireKnown(
  { clickhouse, registry }: AdjustDeps,
  sides: Readonly<Record<string, AdjustedSide>>,
): Promise<void> {
  const ids = registry.teams.map(({ id }) => id);
  for (const [flag, { ownerKind, teamId, period }] of Object.entries(sides)) {
    if (ownerKind !== "team" || ids.includes(teamId)) continue;
    if ((await readChargedFor(clickhouse, period)).has(teamId)) continue;
    throw new UsageError(unknownTeam(teamId, ids, nearest(teamId, ids), flag));
  }
}
