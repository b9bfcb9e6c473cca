import { budgetOf, type DueAlert, type ToldAlert } from "@apportion/books/budgets/evaluate";
import type { CountedCosts, CountedMonth, LineCosts } from "@apportion/books/budgets/counted-months";
import type { BudgetedSpan } from "@apportion/books/budgets/lines";
import { sumOf } from "@apportion/books/months/month";
import { lastDayOf } from "@apportion/domain/budget-span";
import { categoryName } from "@apportion/domain/category";
import { centsThatFoot } from "@apportion/domain/cents";
import { parsePicos } from "@apportion/domain/money";
import { budgetPercentText, shareTexts } from "@apportion/domain/percent";
import { billingPeriodOf, type Day, daysBetween, firstDayOf, addDays } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import type { Registry } from "@apportion/domain/tenancy";
import { quiet, section } from "../document/blocks.js";
import type { Block, Document } from "../document/document.js";
import { renderDocument } from "../document/mail.js";
import { amountText, countText, dayText, monthText } from "../format.js";
import type { RenderedMail } from "../mail/mail.js";
import { waitingText } from "./alert-words.js";
import { budgetText, increaseTexts, ownerText, spanText } from "./budget-words.js";
import type { AlertWithdrawal } from "./compose.js";
import { withoutContactsText } from "./without-contacts.js";

/** What is told of a budget beside those of teams for whole months. Amounts in picos. */
export interface SpanStanding {
  readonly of: BudgetedSpan;
  /** Of the months of the span that have any, in their order. */
  readonly months: readonly CountedMonth[];
  readonly costs: LineCosts;
  readonly waits: Pick<CountedCosts, "waitingDays" | "daysBeforeTheBill">;
}

export interface SpanSetting {
  readonly registry: Pick<Registry, "teams" | "fiscalYearFirstMonth">;
  readonly currency: string;
  readonly today: Day;
  readonly thresholdsPercent: readonly number[];
}

interface Said extends SpanSetting {
  readonly standing: SpanStanding;
  readonly who: string;
  /** `Q4 2026 compute budget` */
  readonly what: string;
  /** `Q4 2026` */
  readonly span: string;
  readonly budget: bigint;
  readonly spent: bigint;
  /** Last day whose costs are in `spent`. */
  readonly asOf: Day;
}

function saidOf(standing: SpanStanding, setting: SpanSetting, fallback: Day): Said {
  const { of, costs } = standing;
  const { fiscalYearFirstMonth } = setting.registry;
  return {
    ...setting,
    standing,
    who: ownerText(of.line.owner),
    what: budgetText(of, fiscalYearFirstMonth),
    span: spanText(of.line.span, of.months, fiscalYearFirstMonth),
    budget: parsePicos(of.budget.amount),
    spent: sumOf(costs.counted),
    asOf: costs.counted.at(-1)?.day ?? fallback,
  };
}

/** The mail of a threshold: how much, of how much, where it went. `due` from the lowest to the highest; it is of the highest. */
export function renderSpanAlert(
  standing: SpanStanding,
  due: readonly [...DueAlert[], DueAlert],
  setting: SpanSetting,
): RenderedMail {
  return renderDocument(spanAlertDocument(standing, due, setting));
}

function spanAlertDocument(
  standing: SpanStanding,
  due: readonly [...DueAlert[], DueAlert],
  setting: SpanSetting,
): Document {
  const alsoPassed = due.slice(0, -1);
  const { thresholdPercent, crossedOn } = due.at(-1) as DueAlert;
  const said = saidOf(standing, setting, crossedOn);
  const { who, what, budget, spent, currency, thresholdsPercent } = said;
  const tone = thresholdPercent >= 100 || spent >= budget ? "danger" : "warning";
  const percent = budgetPercentText(spent, budget, thresholdsPercent);
  const [used, of] = [spent, budget].map((picos) => roundedDivision(picos, PICOS_PER_CENT)) as [bigint, bigint];
  const isNone = budget === 0n;
  return {
    title: isNone
      ? `${who}: ${amountText(spent, currency)} spent, where the ${what} is ${amountText(0n, currency)}`
      : `${who}: ${percent} of the ${what} used (passed ${thresholdPercent} %)`,
    preheader: `${amountText(spent, currency)} of ${amountText(budget, currency)}. ${leftText(said)}.`,
    kicker: `Budget alert · ${said.span}`,
    heading: isNone
      ? `${who} has cost, where the ${what} is ${amountText(0n, currency)}`
      : thresholdPercent === 100
        ? `${who} used up its ${what} on ${dayText(crossedOn)}`
        : `${who} passed ${thresholdPercent} % of its ${what} on ${dayText(crossedOn)}`,
    currency,
    blocks: [
      {
        kind: "figure",
        amount: amountText(spent, currency),
        beside: `of ${amountText(budget, currency)}${isNone ? "" : ` · ${percent}`}`,
      },
      {
        kind: "meter",
        tone,
        used,
        expected: used,
        budget: of,
        says: `${amountText(spent, currency)} used of ${amountText(budget, currency)}`,
      },
      { kind: "note", tone, lines: [leftText(said), ...paceText(said)] },
      ...remarks(said, alsoPassed).map(quiet),
      ...whereItWent(said),
      section("What to do now", { kind: "bullets", items: [budgetStep(said), NOT_YOURS] }),
    ],
    footer: [
      `Sent once for each threshold of a budget and ${standing.of.line.span}, and once for several that are passed together. Days are in UTC; costs of past days can still be restated, and a correction follows if the threshold then turns out not to be reached.`,
    ],
  };
}

const NOT_YOURS =
  "If a cost is in the wrong place, tell finance before its month is closed: until then a corrected owner re-allocates the days it concerns.";

function isOver({ standing, today }: Said): boolean {
  return today > lastDayOf(standing.of.months);
}

function leftText(said: Said): string {
  const { standing, budget, spent, currency, asOf } = said;
  const end = lastDayOf(standing.of.months);
  const days = isOver(said)
    ? `the ${standing.of.line.span} is over`
    : `${countText(daysBetween(addDays(asOf, 1), addDays(end, 1)).length, "day")} to go`;
  const left =
    spent < budget
      ? `${amountText(budget - spent, currency)} left`
      : spent === budget
        ? "Nothing left"
        : `${amountText(spent - budget, currency)} over budget`;
  return `${left}, ${days} (costs up to ${dayText(asOf)})`;
}

/** How much of the time is gone, beside how much of the money. */
function paceText(said: Said): string[] {
  const { standing, asOf } = said;
  if (isOver(said)) return [];
  const start = firstDayOf(standing.of.months[0]);
  const gone = daysBetween(start, addDays(asOf, 1)).length;
  const all = daysBetween(start, addDays(lastDayOf(standing.of.months), 1)).length;
  return [`${countText(gone, "day")} of ${all} are gone.`];
}

function remarks({ standing, budget, spent, currency, thresholdsPercent }: Said, alsoPassed: readonly DueAlert[]): string[] {
  const { of, costs, waits } = standing;
  const { owner } = of.line;
  const unsettled = sumOf(costs.all) - spent;
  const withIt = budget === 0n ? "" : `; with it ${budgetPercentText(spent + unsettled, budget, thresholdsPercent)} of the budget`;
  return [
    ...(unsettled === 0n
      ? []
      : [`Not settled, so not counted yet: ${amountText(unsettled, currency)}${withIt}.`]),
    ...(alsoPassed.length === 0
      ? []
      : [
          `It passed ${alsoPassed.map((each) => `${each.thresholdPercent} % on ${dayText(each.crossedOn)}`).join(" and ")} too: this mail is for all of them.`,
        ]),
    ...increaseTexts(of.budget, currency),
    ...(owner.contacts.length === 0 ? [withoutContactsText(owner)] : []),
    ...waitingText(waits),
  ];
}

/** Of more they are one row. */
const ROWS_MAX = 8;

function whereItWent(said: Said): Block[] {
  const { standing, registry, spent } = said;
  const names = new Map(registry.teams.map(({ id, name }) => [id, name]));
  const byMonth = standing.months.map(({ period, lines }): Part => ({
    name: monthText(period),
    picos: sumOf(lines.get(standing.of.line.key)?.counted ?? []),
  }));
  const byTeam = [...standing.costs.byTeam].map(([id, picos]) => ({ name: names.get(id) ?? id, picos }));
  const byCategory = [...standing.costs.byCategory].map(([category, picos]) => ({
    name: categoryName(category),
    picos,
  }));
  return [
    ...partsOf("By month", "Month", byMonth, spent),
    ...partsOf("By team", "Team", largestFirst(byTeam), spent),
    ...partsOf("By category", "Category", largestFirst(byCategory), spent),
  ];
}

interface Part {
  readonly name: string;
  readonly picos: bigint;
}

function largestFirst(parts: readonly Part[]): Part[] {
  const sorted = parts.toSorted((a, b) => (a.picos === b.picos ? (a.name < b.name ? -1 : 1) : a.picos > b.picos ? -1 : 1));
  if (sorted.length <= ROWS_MAX) return sorted;
  const rest = sorted.slice(ROWS_MAX - 1);
  return [...sorted.slice(0, ROWS_MAX - 1), { name: `${rest.length} others`, picos: sumOf(rest) }];
}

/** In cents that add up to what is spent; nothing where there is one part only. */
function partsOf(title: string, head: string, parts: readonly Part[], spent: bigint): Block[] {
  if (parts.length < 2) return [];
  const total = roundedDivision(spent, PICOS_PER_CENT);
  const exact = parts.map(({ picos }) => picos);
  const cents = centsThatFoot(exact, total);
  const shares = shareTexts(exact, spent);
  return [
    section(title, {
      kind: "table",
      columns: [
        { head, of: "text" },
        { head: "Amount", of: "amount" },
        { head: "Share", of: "percent" },
      ],
      rows: parts.map(({ name }, index) => ({ cells: [name, { cents: cents[index] ?? 0n }, shares[index]] })),
      totals: [{ cells: ["So far", { cents: total }, ""], adds: "rows" }],
      bars: 1,
    }),
  ];
}

function budgetStep(said: Said): string {
  const { budget, spent, what } = said;
  if (isOver(said))
    return spent > budget
      ? "It is over and stays above its budget. If the cost goes on, agree a budget for what comes with finance."
      : "It is over and its budget held.";
  return `If the cost is intended, agree an increase of the ${what} with finance; else see what can wait until it is over.`;
}

/** What a mail says that takes back an alert. `told` of the lowest threshold first. */
export function spanWithdrawal(
  standing: SpanStanding,
  told: readonly [ToldAlert, ...ToldAlert[]],
  setting: SpanSetting,
): AlertWithdrawal {
  const [{ thresholdPercent, crossedOn }] = told;
  const { who, what, span, budget, spent, asOf, currency, thresholdsPercent } = saidOf(standing, setting, crossedOn);
  return {
    teamName: who,
    period: billingPeriodOf(asOf),
    named: { span, budget: what },
    currency,
    thresholdPercent,
    thresholdsPercent,
    said: told.map((each) => ({ ...each, budget: budgetOf(each.budgetVersion) })),
    budget,
    spent,
    asOf,
  };
}
