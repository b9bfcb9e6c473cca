import type { Day } from "@apportion/domain/period";
import { paragraph, section } from "@apportion/reports/document/blocks";
import { renderDocument } from "@apportion/reports/document/mail";
import type { RenderedMail } from "@apportion/reports/mail/mail";

/** Alerts that are named; the command lists all. */
const NAMED_MAX = 50;

/** Tells finance, once for a day, that more alerts were due than may go out. */
export function renderHeldBack(
  day: Day,
  held: readonly { readonly subject: string; readonly reason: string }[],
): RenderedMail {
  const count = held.length === 1 ? "An alert was held back." : `${held.length} alerts were held back.`;
  const summary = `${count} Further ones of today have no mail of their own. Most often a bad reading is behind so many: look at it first.`;
  const named = held.slice(0, NAMED_MAX);
  return renderDocument({
    title: `Alerts of ${day} are held back: more than a day may have`,
    preheader: summary,
    kicker: "Delivery",
    heading: "Alerts are held back",
    currency: "",
    blocks: [
      { kind: "note", tone: "warning", lines: [summary] },
      section("Held back", {
        kind: "table",
        columns: [
          { head: "Alert", of: "text" },
          { head: "Why", of: "text", under: true },
        ],
        rows: named.map(({ subject, reason }) => ({ cells: [subject, reason] })),
        totals: [],
      }),
      ...(held.length > named.length ? [paragraph(`… and ${held.length - named.length} more.`)] : []),
      paragraph("Nothing is lost. The first command has all of them, the second sends one:"),
      {
        kind: "code",
        text: "apportion notifications list --failed\napportion notifications retry KEY --by NAME",
      },
    ],
    footer: ["The limits are notifier.limits in the configuration."],
  });
}
