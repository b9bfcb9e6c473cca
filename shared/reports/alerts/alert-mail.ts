import { centsThatFoot } from "@apportion/domain/cents";
import { shareTexts } from "@apportion/domain/percent";
import { previousBillingPeriod } from "@apportion/domain/period";
import { roundedDivision } from "@apportion/domain/rounding";
import { PICOS_PER_CENT } from "@apportion/domain/statement";
import { changeRows, changeTable } from "../compare/largest-changes.js";
import { paragraph, quiet, section } from "../document/blocks.js";
import type { Chart, Document, Meter, Table } from "../document/document.js";
import { renderDocument } from "../document/mail.js";
import { courseChart } from "../course-chart.js";
import { expectedPicos } from "../forecast-words.js";
import { amountText, monthName, wholeAmountText } from "../format.js";
import type { RenderedMail } from "../mail/mail.js";
import type { Tone } from "../mail/style.js";
import { type AdviceItem, adviceItems, itemBlocks } from "../monthly/recommendations.js";
import { nextSteps, stepsTitle, whatDroveIt } from "./advice.js";
import { actualWords, type AlertWords } from "./alert-words.js";
import type { Alert } from "./compose.js";
import { forecastWords } from "./forecast-alert-words.js";

/** The mail of one threshold: how much, of how much, why, what now. */
export function renderAlert(alert: Alert): RenderedMail {
  const words = alert.expected ? forecastWords(alert, alert.expected) : actualWords(alert);
  return renderDocument(alertDocument(alert, words));
}

function alertDocument(alert: Alert, words: AlertWords): Document {
  const { currency } = alert;
  const changes = changeRows(alert.changes, alert.registry);
  const items = itemsOf(alert);
  return {
    title: words.subject,
    preheader: words.preheader,
    kicker: words.kicker,
    heading: words.heading,
    currency,
    blocks: [
      { kind: "figure", amount: words.amount, beside: words.beside },
      budgetMeter(alert, words.tone),
      {
        kind: "note",
        tone: words.tone,
        lines: [words.strong, ...(words.sentence === undefined ? [] : [words.sentence])],
      },
      ...words.remarks.map(quiet),
      ...course(alert),
      section(
        "Why",
        paragraph(whatDroveIt(alert)),
        biggestCosts(alert),
        ...(changes.length === 0 ? [] : [quiet(changesTitle(alert)), changeTable(changes)]),
      ),
      ...(items.length === 0 ? [] : [section("What would save most", ...itemBlocks(items), quiet(FREED))]),
      section(stepsTitle(alert), { kind: "bullets", items: nextSteps(alert) }),
    ],
    footer: words.footer,
  };
}

function course({ budget, spent, unsettled, ...alert }: Alert): Chart[] {
  const [budgetCents, usedCents, unsettledCents] = [budget, spent, unsettled].map((picos) =>
    roundedDivision(picos, PICOS_PER_CENT),
  ) as [bigint, bigint, bigint];
  return courseChart({ ...alert, budgetCents, usedCents, unsettledCents });
}

function budgetMeter({ budget, spent, forecast, currency }: Alert, tone: Tone): Meter {
  const [used, expected, of] = [spent, expectedPicos(forecast, spent), budget].map((picos) =>
    roundedDivision(picos, PICOS_PER_CENT),
  ) as [bigint, bigint, bigint];
  return {
    kind: "meter",
    tone,
    used,
    expected,
    budget: of,
    says: `${amountText(spent, currency)} used of ${amountText(budget, currency)}${forecast?.kind === "forecast" ? `, about ${wholeAmountText(forecast.picos, currency)} forecast` : ""}`,
  };
}

/** Of a mail that is about something else; the report has more. */
const ADVISED_MAX = 2;

const FREED = "Of a month. Freeable capacity is cash only once nodes go.";

function itemsOf({ advice, currency }: Alert): AdviceItem[] {
  return advice ? adviceItems(advice, currency).slice(0, ADVISED_MAX) : [];
}

/** Only days are compared that both months have. */
function changesTitle({ period, isOver }: Alert): string {
  const before = monthName(previousBillingPeriod(period));
  return `Against ${isOver ? before : `the same days of ${before}`}, most of all:`;
}

/** The biggest costs and the rest, in cents and percent that add up. */
function biggestCosts({ biggest, rest, spent }: Alert): Table {
  const lines = [...biggest, ...(rest === 0n ? [] : [{ name: "Everything else", picos: rest }])];
  const exact = lines.map(({ picos }) => picos);
  const total = roundedDivision(spent, PICOS_PER_CENT);
  const cents = centsThatFoot(exact, total);
  const shares = shareTexts(exact, spent);
  return {
    kind: "table",
    columns: [
      { head: "What", of: "text" },
      { head: "Amount", of: "amount" },
      { head: "Share", of: "percent" },
    ],
    rows: lines.map(({ name }, index) => ({ cells: [name, { cents: cents[index] ?? 0n }, shares[index]] })),
    totals: [{ cells: ["Month so far", { cents: total }, ""], adds: "rows" }],
    bars: 1,
  };
}
