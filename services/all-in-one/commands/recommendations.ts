import pc from "picocolors";
import type { Recommendation } from "@apportion/books/advice/advise";
import type { AdviceDecision } from "@apportion/advisor/decide";
import { isStillSaid } from "@apportion/books/advice/life";
import type { AdviceLife } from "@apportion/books/advice/read-life";
import { findAgain } from "@apportion/books/advice/find-again";
import { quoted } from "@apportion/books/advice/paste";
import type { Advice } from "@apportion/books/advice/read-advice";
import { formatPicos } from "@apportion/domain/money";
import { parseDay } from "@apportion/domain/period";
import { amountText } from "@apportion/reports/format";
import { evidenceText, headline, lifeText, ownerText, savingText } from "@apportion/reports/advice/words";
import { adviceNow, decideOnSaid, unknownAdvice } from "../advice-decision.js";
import { type CommandContext, counted, parseFlag, print, printJson, UsageError } from "./context.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";
import { unknownTeam } from "./unknown-team.js";

/** What can be advised now and where each stands; with a team only what is its own to act on. What is dismissed or done is in `--all`. */
export async function recommendationsList(
  context: CommandContext,
  options: CommonOptions & { readonly team?: string; readonly all?: boolean },
): Promise<void> {
  await withPlatform(context, options, async (platform) => {
    const { team } = options;
    const teams = platform.registry.teams.map(({ id }) => id);
    if (team !== undefined && !teams.includes(team)) throw new UsageError(unknownTeam(team, teams));
    const { advice, lives } = await adviceNow(platform);
    const isShown = ({ team: own, life }: AdviceLife): boolean =>
      (team === undefined || own === team) && (options.all === true || isStillSaid(life));
    const shown = lives.filter(isShown);
    const { currency } = platform;
    if (options.json)
      return printJson(context, {
        ...basisOf(advice),
        currency,
        recommendations: inOrder(advice, shown).map(([life, said]) => toJson(life, said)),
      });
    for (const line of listLines(advice, shown, currency)) print(context, line);
  });
}

export async function recommendationsShow(
  context: CommandContext,
  id: string,
  options: CommonOptions,
): Promise<void> {
  await withPlatform(context, options, async (platform) => {
    const { advice, lives } = await adviceNow(platform);
    const found = advice.recommendations.find((each) => each.id === id);
    const life = lives.find((each) => each.id === id);
    if (!life) throw unknownAdvice(id);
    if (options.json)
      return printJson(context, { ...basisOf(advice), currency: platform.currency, ...toJson(life, found) });
    for (const line of showLines(life, found, platform.currency)) print(context, line);
  });
}

export interface AdviceDecisionOptions extends CommonOptions {
  readonly by: string;
  readonly reason?: string;
  readonly until?: string;
}

/** Accepts a recommendation, or dismisses it; the log is told, so that the decision outlives the tables. */
export async function recommendationsDecide(
  context: CommandContext,
  id: string,
  decision: AdviceDecision["decision"],
  { by, reason = "", until, ...options }: AdviceDecisionOptions,
): Promise<void> {
  const untilDay = until === undefined ? undefined : parseFlag("--until", until, parseDay);
  await withPlatform(context, options, async (platform) => {
    const words = { by, reason, ...(untilDay && { until: untilDay }) };
    const { said, before } = await decideOnSaid(platform, id, { decision, ...words });
    if (options.json) return printJson(context, { id, decision, by, reason, until: untilDay ?? null });
    print(context, `${id} ${decision} by ${by}: ${headline(said)}`);
    if (before?.decided) print(context, pc.dim(`  before: ${lifeText(before, platform.currency)}`));
  });
}

/** As they are advised, then what is said no more. */
function inOrder(
  { recommendations }: Advice,
  lives: readonly AdviceLife[],
): [AdviceLife, Recommendation | undefined][] {
  const byId = new Map(lives.map((life) => [life.id, life]));
  const said = recommendations.flatMap((each): [AdviceLife, Recommendation][] => {
    const life = byId.get(each.id);
    return life ? [[life, each]] : [];
  });
  const ids = new Set(recommendations.map(({ id }) => id));
  return [
    ...said,
    ...lives.filter(({ id }) => !ids.has(id)).map((life): [AdviceLife, undefined] => [life, undefined]),
  ];
}

function basisOf({ days }: Advice): {
  readonly completeDays: number;
  readonly from: string;
  readonly until: string;
} {
  return { completeDays: days.length, from: days[0] ?? "", until: days.at(-1) ?? "" };
}

/** Amounts as decimal strings, with the query that gives the evidence again. */
function toJson({ realised, advised, ...life }: AdviceLife, said: Recommendation | undefined): object {
  const saved = realised && { realised: formatPicos(realised.reduce((sum, { picos }) => sum + picos, 0n)) };
  const stands = { ...life, advisedAMonth: formatPicos(advised), ...saved };
  if (!said) return stands;
  const { subject, owner, since, until, quantities, change, cash, freed, cost, confidence, because, risk } =
    said;
  return {
    ...stands,
    title: headline(said),
    owner,
    subject,
    since,
    until,
    quantities: quantities.map(({ picos, ...quantity }) => ({ ...quantity, amount: formatPicos(picos) })),
    aMonth: { cash: formatPicos(cash), freed: formatPicos(freed), cost: formatPicos(cost) },
    confidence,
    because,
    risk,
    change,
    sql: findAgain(said),
  };
}

export function listLines(advice: Advice, lives: readonly AdviceLife[], currency: string): string[] {
  const { days } = advice;
  const [first, last] = [days[0], days.at(-1)];
  const basis =
    first && last
      ? `the last ${counted(days.length, "complete day")}, ${first} to ${last}`
      : "complete days, of which the last weeks have none";
  if (lives.length === 0) return [`Nothing is to be advised by ${basis}.`];
  return [
    pc.bold(`A month like ${basis}:`),
    ...inOrder(advice, lives).flatMap(([life, said]) => [
      `${pc.bold(life.id)}  ${said ? headline(said) : `${life.kind}, which is not seen any more`}`,
      ...(said
        ? [
            `  ${savingText(said, currency)}  ${pc.dim(`${ownerText(said.owner)}, since ${said.since} at least, confidence ${said.confidence}`)}`,
          ]
        : []),
      ...(life.decided ? [`  ${lifeText(life, currency)}`] : []),
    ]),
    pc.dim("Freeable capacity is cash only once nodes go. apportion recommendations show ID says more."),
  ];
}

export function showLines(life: AdviceLife, found: Recommendation | undefined, currency: string): string[] {
  if (!found)
    return [`${pc.bold(life.id)}  ${life.kind}, which is not seen any more`, `  ${lifeText(life, currency)}`];
  const rows: readonly [string, string][] = [
    ["a month", `${savingText(found, currency)}; it costs ${amountText(found.cost, currency)}`],
    ["to act", ownerText(found.owner)],
    ["state", lifeText(life, currency)],
    ["evidence", `${found.since} to ${found.until}: ${evidenceText(found, currency)}`],
    ["confidence", `${found.confidence}: ${found.because}`],
    ["risk", found.risk],
    ["find again", `apportion sql ${quoted(findAgain(found))}`],
  ];
  return [
    `${pc.bold(found.id)}  ${headline(found)}`,
    ...rows.map(([name, value]) => `  ${name.padEnd(12)} ${value}`),
    "  to change:",
    ...found.change.split("\n").map((line) => `    ${line}`),
  ];
}
