import pc from "picocolors";
import type { Recommendation } from "@apportion/books/advice/advise";
import { findAgain } from "@apportion/books/advice/find-again";
import { type Advice, readAdvice } from "@apportion/books/advice/read-advice";
import { formatPicos } from "@apportion/domain/money";
import { dayOf } from "@apportion/domain/period";
import { amountText } from "@apportion/reports/format";
import { evidenceText, headline, ownerText, savingText } from "@apportion/reports/advice/words";
import { type CommandContext, counted, print, printJson, UsageError } from "./context.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";

/** What can be advised now; with a team only what is its own to act on. */
export async function recommendationsList(
  context: CommandContext,
  options: CommonOptions & { readonly team?: string },
): Promise<void> {
  await withAdvice(context, options, (advice, currency, teams) => {
    const { team } = options;
    if (team !== undefined && !teams.includes(team))
      throw new UsageError(`--team: there is no team "${team}"; there are ${teams.join(", ")}`);
    const own = ({ owner }: Recommendation): boolean =>
      team === undefined || (owner.kind === "team" && owner.id === team);
    const shown = advice.recommendations.filter(own);
    if (options.json)
      return printJson(context, { ...basisOf(advice), currency, recommendations: shown.map(toJson) });
    for (const line of listLines(advice.days, shown, currency)) print(context, line);
  });
}

export async function recommendationsShow(
  context: CommandContext,
  id: string,
  options: CommonOptions,
): Promise<void> {
  await withAdvice(context, options, (advice, currency) => {
    const found = advice.recommendations.find((each) => each.id === id);
    if (!found)
      throw new UsageError(`There is no recommendation "${id}" now; see \`apportion recommendations list\``);
    if (options.json) return printJson(context, { ...basisOf(advice), currency, ...toJson(found) });
    for (const line of showLines(found, currency)) print(context, line);
  });
}

async function withAdvice(
  context: CommandContext,
  options: CommonOptions,
  use: (advice: Advice, currency: string, teams: readonly string[]) => void,
): Promise<void> {
  await withPlatform(context, options, async ({ clickhouse, registry, currency }, config) => {
    const advice = await readAdvice(await clickhouse(), {
      registry,
      today: dayOf(context.now()),
      minimumAMonth: config.recommendations.minimumAMonth,
      showsProtected: config.protectedNames.shownTo.includes("finance"),
    });
    use(
      advice,
      currency,
      registry.teams.map((team) => team.id),
    );
  });
}

function basisOf({ days }: Advice): {
  readonly completeDays: number;
  readonly from: string;
  readonly until: string;
} {
  return { completeDays: days.length, from: days[0] ?? "", until: days.at(-1) ?? "" };
}

/** Amounts as decimal strings, with the query that gives the evidence again. */
function toJson(recommendation: Recommendation): object {
  const { cash, freed, cost, quantities, ...rest } = recommendation;
  const month = { cash: formatPicos(cash), freed: formatPicos(freed), cost: formatPicos(cost) };
  return {
    ...rest,
    title: headline(recommendation),
    quantities: quantities.map(({ picos, ...quantity }) => ({ ...quantity, amount: formatPicos(picos) })),
    aMonth: month,
    sql: findAgain(recommendation),
  };
}

export function listLines(
  days: Advice["days"],
  shown: readonly Recommendation[],
  currency: string,
): string[] {
  const [first, last] = [days[0], days.at(-1)];
  if (!first || !last)
    return ["Nothing can be advised: no day of the last weeks is complete (see `apportion completeness`)."];
  const basis = `the last ${counted(days.length, "complete day")}, ${first} to ${last}`;
  if (shown.length === 0) return [`Nothing is to be advised by ${basis}.`];
  return [
    pc.bold(`A month like ${basis}:`),
    ...shown.flatMap((each) => [
      `${pc.bold(each.id)}  ${headline(each)}`,
      `  ${savingText(each, currency)}  ${pc.dim(`${ownerText(each.owner)}, since ${each.since}, confidence ${each.confidence}`)}`,
    ]),
    pc.dim("Freed capacity is cash only once nodes go. apportion recommendations show ID says more."),
  ];
}

export function showLines(found: Recommendation, currency: string): string[] {
  const rows: readonly [string, string][] = [
    ["a month", `${savingText(found, currency)}; it costs ${amountText(found.cost, currency)}`],
    ["to act", ownerText(found.owner)],
    ["evidence", `${found.since} to ${found.until}: ${evidenceText(found, currency)}`],
    ["confidence", `${found.confidence}: ${found.because}`],
    ["risk", found.risk],
    ["find again", `apportion sql "${findAgain(found)}"`],
  ];
  return [
    `${pc.bold(found.id)}  ${headline(found)}`,
    ...rows.map(([name, value]) => `  ${name.padEnd(12)} ${value}`),
    "  to change:",
    ...found.change.split("\n").map((line) => `    ${line}`),
  ];
}
