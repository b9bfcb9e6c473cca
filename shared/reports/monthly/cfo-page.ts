import type { Day } from "@apportion/domain/period";
import type { OwnerKind } from "@apportion/domain/statement";
import type { Mover } from "../compare/largest-movers.js";
import { changePercent, effectName, movementName } from "../compare/words.js";
import { bullets, section } from "../document/blocks.js";
import type { Block, Row, Table } from "../document/document.js";
import { centsText, changeText, countText, dayText, monthText } from "../format.js";
import { lengthsOf } from "./comparison.js";
import type { FinanceSummary } from "./compose.js";
import type { PoolStep } from "./next-step.js";
import { partName } from "./pool-table.js";
import { objectionEnd, sameDaysText } from "./sentences.js";
import { trendChart } from "./trend-chart.js";

/** What somebody with one minute reads, on the first page: how the month compares, who moved it, what is open and who takes it. */
export function cfoPage(summary: FinanceSummary): Block[] {
  const parts = largestParts(summary);
  return [
    section("At a glance", atAGlance(summary)),
    ...movers(summary),
    section("What is open", bullets(openItems(summary))),
    ...(parts.length === 0 ? [] : [section("What nobody pays, and who could act on most of it", bullets(parts))]),
    ...trendChart(summary, "everybody"),
  ];
}

/** The month against the month before, budgets and what is expected, and the year so far. */
function atAGlance(summary: FinanceSummary): Table {
  return {
    kind: "table",
    columns: [
      { head: "What", of: "text" },
      { head: "", of: "text", under: true },
      { head: "Amount", of: "amount" },
      { head: "against", of: "amount", under: true },
      { head: "Difference", of: "amount" },
      { head: "in percent", of: "percent", under: true },
    ],
    rows: [...monthBefore(summary), ...budgets(summary), ...yearSoFar(summary)],
    totals: [],
  };
}

function monthBefore({ comparison }: FinanceSummary): Row[] {
  if (comparison.kind === "none") return [];
  const { period, isWhole, cents, before } = comparison;
  const lengths = lengthsOf(comparison);
  const detail = lengths ? `${countText(lengths[0], "day")} against ${lengths[1]}` : "";
  return isWhole
    ? [compared("Statements", `against ${monthText(period)}${lengths ? `, ${detail}` : ""}`, cents, before)]
    : [compared("Statements, the same days", `against ${sameDaysText(comparison)}`, cents, before)];
}

function budgets({ teams, teamsTotal, forecast }: FinanceSummary): Row[] {
  const { budget, withoutBudgetCents } = teamsTotal;
  const withBudget = teams.filter(({ budgetCents }) => budgetCents !== undefined).length;
  const unknown =
    forecast && forecast.withoutForecast > 0
      ? `; nothing is forecast of ${countText(forecast.withoutForecast, "team")}`
      : "";
  return [
    ...(budget
      ? [
          compared(
            "Teams with a budget",
            `${withBudget} of ${teams.length}, against what they have together`,
            budget.usedCents,
            budget.cents,
          ),
        ]
      : []),
    ...(withoutBudgetCents === 0n
      ? []
      : [alone("Teams without a budget", `${teams.length - withBudget} of ${teams.length}`, withoutBudgetCents)]),
    ...(forecast && budget
      ? [
          compared(
            "Expected at month end",
            `of teams with a budget, against it${unknown}`,
            forecast.budgetedCents,
            budget.cents,
          ),
        ]
      : []),
    ...(forecast && withBudget < teams.length
      ? [alone("Expected at month end", `of all teams${unknown}`, forecast.cents)]
      : []),
  ];
}

function yearSoFar({ yearToDate: { since, cents, provisional } }: FinanceSummary): Row[] {
  const isJanuary = since.endsWith("-01");
  const open =
    provisional.length === 0
      ? ""
      : `; ${provisional.map(monthText).join(", ")} ${provisional.length === 1 ? "is" : "are"} not closed`;
  const detail = `with corrections and adjustments${isJanuary ? "" : "; there is nothing of earlier months of the year"}${open}`;
  return [alone(`Charged since ${monthText(since)}`, detail, cents)];
}

function compared(what: string, detail: string, now: bigint, against: bigint): Row {
  const difference = now - against;
  return {
    cells: [
      what,
      detail,
      { cents: now },
      { cents: against },
      { cents: difference, signed: true },
      changePercent(difference, against),
    ],
  };
}

function alone(what: string, detail: string, cents: bigint): Row {
  return { cells: [what, detail, { cents }, "", "", ""] };
}

function movers(summary: FinanceSummary): Block[] {
  const { comparison } = summary;
  if (summary.movers.length === 0) return [];
  return [
    section(`Who moved most since ${monthText(comparison.period)}`, {
      kind: "table",
      columns: [
        { head: "Who", of: "text" },
        { head: "What did it", of: "text", under: true },
        { head: "Change", of: "amount" },
      ],
      rows: summary.movers.map((mover) => ({
        cells: [nameOf(mover, summary), reasonsText(mover, summary), { cents: mover.cents, signed: true }],
      })),
      totals: [],
    }),
  ];
}

const NAMES: Readonly<Record<Exclude<OwnerKind, "team">, string>> = {
  idle: "Idle capacity",
  corporate: "Tax, support, credits and fees",
  unallocated: "Unallocated",
};

function nameOf({ ownerKind, teamId }: Mover, { teams }: FinanceSummary): string {
  if (ownerKind !== "team") return NAMES[ownerKind];
  return teams.find(({ team }) => team.id === teamId)?.team.name ?? teamId;
}

/** `usage: GPU of eu-1/search/training +USD 400.00; more or fewer days +USD 12.00; the rest -USD 3.10`: together the change. */
function reasonsText({ reasons, daysCents, restCents }: Mover, { registry, currency }: FinanceSummary): string {
  return [
    ...reasons.map(
      (each) =>
        `${each.effect === "idle" ? "" : `${effectName(each.effect)}: `}${movementName(each, registry)} ${changeText(each.cents, currency)}`,
    ),
    ...(daysCents === 0n ? [] : [`${effectName("days")} ${changeText(daysCents, currency)}`]),
    ...(restCents === 0n ? [] : [`the rest ${changeText(restCents, currency)}`]),
  ].join("; ");
}

/** Of idle and of unallocated the largest part, with what is to be done about it: all of them have a table of their own. */
function largestParts({ statements, idle, unallocated, currency }: FinanceSummary): string[] {
  const largest = (name: string, cents: bigint, [first]: readonly PoolStep[]): string[] => {
    if (first?.next === undefined || cents <= 0n) return [];
    const { step, who } = first.next;
    return [
      `${name}, ${centsText(cents, currency)}; the largest part is ${partName(first)} with ${centsText(first.cents, currency)}. ${step}. For ${who}.`,
    ];
  };
  return [
    ...largest(NAMES.idle, statements.idle.cents, idle),
    ...largest(NAMES.unallocated, statements.unallocated.cents, unallocated),
  ];
}

function openItems(summary: FinanceSummary): string[] {
  const { waiting, teamsTotal, currency, status } = summary;
  const { failing = [], quarantinedOfClosed = 0, drafts = [] } = waiting ?? {};
  const items = [
    ...(status.kind === "final" ? [] : [`Teams can object ${objectionEnd(status)}.`]),
    ...failing.map(({ name, says }) => `Before the close (${name}): ${says}.`),
    ...(teamsTotal.unsettledCents === 0n
      ? []
      : [`${centsText(teamsTotal.unsettledCents, currency)} of teams is not settled yet.`]),
    ...drafts.map(
      ({ kind, month, preparedBy, expiresAt, id }) =>
        `The ${kind} ${id} about ${monthText(month)}, proposed by ${preparedBy}, waits for somebody to approve it until ${dayText(expiresAt.slice(0, 10) as Day)}; once this month is closed it goes into the next.`,
    ),
    ...(quarantinedOfClosed === 0
      ? []
      : [
          `${countText(quarantinedOfClosed, "reading")} of closed months ${quarantinedOfClosed === 1 ? "is" : "are"} held back: what is released becomes a correction.`,
        ]),
  ];
  if (items.length > 0) return items;
  return [
    status.kind === "final"
      ? "Nothing. Sources are read again for a while: what they say otherwise becomes a correction in the open month."
      : "Nothing.",
  ];
}
