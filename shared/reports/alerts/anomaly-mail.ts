import type { Anomaly } from "@apportion/books/anomalies/explain-anomaly";
import type { Registry, Team } from "@apportion/domain/tenancy";
import { categoryName } from "@apportion/domain/category";
import {
  anomalyCauses,
  anomalyHeadline,
  anomalyMovements,
  withoutProtectedNames,
} from "../anomalies/words.js";
import { amountText, countText, dayText } from "../format.js";
import { paragraph, quiet, section, strong } from "../document/blocks.js";
import type { Block } from "../document/document.js";
import { renderDocument } from "../document/mail.js";
import type { RenderedMail } from "../mail/mail.js";
import { withoutContactsText } from "./without-contacts.js";

/** What a mail about days that nobody expected says. */
export interface AnomalyAlert {
  readonly team: Team;
  readonly currency: string;
  readonly registry: Pick<Registry, "sharedServices">;
  /** Of one team, the one that is furthest from what was expected first. */
  readonly anomalies: readonly [Anomaly, ...Anomaly[]];
}

/** Of each; the command has all. */
const MOVEMENTS_SHOWN = 3;
/** With what did it; of the others a line stands there. */
const ANOMALIES_SHOWN = 5;

/** One mail of all days of a team that are new: how much, against what was expected, what did it, and what to do. */
export function renderAnomalies(given: AnomalyAlert): RenderedMail {
  const { team, currency } = given;
  const [first, ...others] = given.anomalies.map(withoutProtectedNames) as [Anomaly, ...Anomaly[]];
  const subject = `${team.name}: ${categoryName(first.category)} cost ${amountText(first.cost, currency)} on ${dayText(first.day)}, expected about ${amountText(first.expected, currency)}${others.length > 0 ? `, and ${countText(others.length, "other surprise")}` : ""}`;
  const heading = headingOf(first, given);
  const beside = `instead of about ${amountText(first.expected, currency)}, on ${dayText(first.day)}`;
  const explained = [first, ...others].slice(0, ANOMALIES_SHOWN).map((each) => ({
    title: anomalyHeadline({ ...each, team: team.name }, currency),
    causes: anomalyCauses(each, currency),
    movements: anomalyMovements(each, given).slice(0, MOVEMENTS_SHOWN),
  }));
  const rest = others.slice(ANOMALIES_SHOWN - 1).map((each) => anomalyHeadline({ ...each, team: team.name }, currency));
  const strongText = anomalyCauses(first, currency);
  const steps = stepsOf([first, ...others]);
  const footer =
    "Sent once for each day, team and category, when the day is settled. A day that is restated is judged anew, and not told of twice. Days are in UTC.";
  return renderDocument({
    title: subject,
    preheader: `${heading}. ${strongText}.`,
    kicker: `Unexpected cost · ${dayText(first.day)}`,
    heading,
    currency,
    blocks: [
      { kind: "figure", amount: amountText(first.cost, currency), beside },
      { kind: "note", tone: "warning", lines: [strongText] },
      ...(team.contacts.length === 0 ? [quiet(withoutContactsText(team))] : []),
      section(
        "What did it",
        ...explained.flatMap(({ title, causes, movements }): Block[] => [
          strong(title),
          paragraph(causes),
          ...(movements.length === 0 ? [] : [{ kind: "bullets", items: movements } as const]),
        ]),
        ...(rest.length === 0 ? [] : [{ kind: "bullets", items: rest } as const]),
      ),
      section("What to do now", { kind: "bullets", items: steps }),
    ],
    footer: [footer],
  });
}

/** `GPU of Search cost USD 400.00 more than expected on 14 Nov 2026` */
function headingOf(
  { category, day, direction, cost, expected }: Anomaly,
  { team, currency }: AnomalyAlert,
): string {
  const what = `${categoryName(category)} of ${team.name}`;
  if (direction === "within")
    return `${what}: on ${dayText(day)} new cost took the place of what went`;
  const [off, more] = cost > expected ? [cost - expected, "more"] : [expected - cost, "less"];
  return `${what} cost ${amountText(off, currency)} ${more} than expected on ${dayText(day)}`;
}

function stepsOf([first, ...others]: readonly [Anomaly, ...Anomaly[]]): string[] {
  const more = others.length === 0 ? "" : "; likewise the others";
  return [
    first.direction === "below"
      ? "If something is down that should run, start it: what is gone costs nothing, and does nothing."
      : "If it is a mistake, stop what did it today: it costs the same tomorrow.",
    `If it was meant, say so, and with --until DAY the like is not told of before that day: apportion anomalies expected ${first.id} --by "your name" --reason "why"${more}.`,
    "If the cost is not yours, tell finance before the month is closed.",
  ];
}
