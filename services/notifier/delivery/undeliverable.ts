import { note, paragraph, preformatted, table } from "@apportion/reports/mail/blocks";
import { html } from "@apportion/reports/mail/html";
import type { RenderedMail } from "@apportion/reports/mail/mail";
import { page } from "@apportion/reports/mail/page";
import type { Rejection } from "./mailer.js";

/** Tells finance whom a mail did not reach, and what it said, so that somebody can pass it on. */
export function renderUndeliverable(
  original: RenderedMail,
  rejections: readonly Rejection[],
  key: string,
): RenderedMail {
  const subject = `Not delivered: ${original.subject}`;
  const advice =
    "Correct the team's contacts in the configuration. Later mails go to the corrected addresses; this one is not sent again, so please pass it on.";
  return {
    subject,
    html: page({
      title: subject,
      preheader: `${rejections.map((each) => each.recipient).join(", ")} did not get this mail.`,
      kicker: "Mail delivery",
      heading: "A mail was refused",
      body: html`${note("warning", "The mail server refuses these recipients for good.")}${table(
        ["Recipient", "What the mail server said"],
        rejections.map((each) => [each.recipient, each.reply]),
      )}${paragraph(advice)}${paragraph(`The mail said:`)}${preformatted(original.text)}`,
      footer: [`Delivery ${key}`],
    }),
    text: [
      "A mail was refused",
      "",
      "The mail server refuses these recipients for good:",
      ...rejections.map((each) => `  ${each.recipient}: ${each.reply}`),
      "",
      advice,
      "",
      `The mail said:`,
      "",
      `Subject: ${original.subject}`,
      "",
      ...original.text.split("\n").map((line) => `> ${line}`.trimEnd()),
      "",
      `Delivery ${key}`,
      "",
    ].join("\n"),
    ...(original.csv && { csv: original.csv }),
  };
}
