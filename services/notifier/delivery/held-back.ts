import type { Day } from "@apportion/domain/period";
import { note, paragraph, section, table } from "@apportion/reports/mail/blocks";
import { html } from "@apportion/reports/mail/html";
import type { RenderedMail } from "@apportion/reports/mail/mail";
import { page } from "@apportion/reports/mail/page";

/** Subjects that are named; the command lists all. */
const NAMED_MAX = 50;

/** Tells finance, once for a day, that more alerts were due than may go out. */
export function renderHeldBack(
  day: Day,
  held: readonly { readonly subject: string; readonly reason: string }[],
): RenderedMail {
  const subject = `Alerts of ${day} are held back: more than a day may have`;
  const summary = `${held.length === 1 ? "An alert was" : `${held.length} alerts were`} held back, and further ones of today are without another mail. Most often a bad reading is behind so many: look at it first.`;
  const how = "apportion notifications list --failed";
  const retry = "apportion notifications retry KEY --by NAME";
  const named = held.slice(0, NAMED_MAX);
  const more = held.length > named.length ? `… and ${held.length - named.length} more` : "";
  return {
    subject,
    html: page({
      title: subject,
      preheader: summary,
      kicker: "Delivery",
      heading: "Alerts are held back",
      body: html`${note("warning", summary)}${section(
        "Held back",
        table(
          ["Alert", "Why"],
          named.map((each) => [each.subject, each.reason]),
        ),
      )}${paragraph(more)}${paragraph(`Nothing is lost: ${how} has all of them, and ${retry} sends one.`)}`,
      footer: ["The limits are notifier.limits in the configuration."],
    }),
    text: [
      "Alerts are held back",
      "",
      summary,
      "",
      ...named.map((each) => `  ${each.subject} (${each.reason})`),
      ...(more === "" ? [] : [`  ${more}`]),
      "",
      "Nothing is lost. All of them:",
      `  ${how}`,
      "To send one:",
      `  ${retry}`,
      "",
      "The limits are notifier.limits in the configuration.",
      "",
    ].join("\n"),
  };
}
