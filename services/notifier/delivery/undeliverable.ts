import { paragraph } from "@apportion/reports/document/blocks";
import { renderDocument } from "@apportion/reports/document/mail";
import type { RenderedMail } from "@apportion/reports/mail/mail";
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
  return renderDocument(
    {
      title: subject,
      preheader: `${rejections.map((each) => each.recipient).join(", ")} did not get this mail.`,
      kicker: "Mail delivery",
      heading: "A mail was refused",
      currency: "",
      blocks: [
        { kind: "note", tone: "warning", lines: ["The mail server refuses these recipients for good."] },
        {
          kind: "table",
          columns: [
            { head: "Recipient", of: "text" },
            { head: "What the mail server said", of: "text", under: true },
          ],
          rows: rejections.map(({ recipient, reply }) => ({ cells: [recipient, reply] })),
          totals: [],
        },
        paragraph(advice),
        paragraph("The mail said:"),
        { kind: "code", text: `Subject: ${original.subject}\n\n${original.text}` },
      ],
      footer: [`Delivery ${key}`],
    },
    original.csv,
  );
}
