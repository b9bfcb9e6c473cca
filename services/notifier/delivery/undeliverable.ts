import { paragraph } from "@apportion/reports/document/blocks";
import { renderDocument } from "@apportion/reports/document/mail";
import type { RenderedMail } from "@apportion/reports/mail/mail";
import type { Rejection } from "./mailer.js";

/** Tells finance whom a message did not reach, and what it said, so that somebody can pass it on. */
export function renderUndeliverable(
  original: Pick<RenderedMail, "subject" | "text" | "textForOthers" | "csv">,
  rejections: readonly Rejection[],
  key: string,
): RenderedMail {
  const subject = `Not delivered: ${original.subject}`;
  const refusal = "These recipients were refused for good, or did not take it for too long.";
  const advice = `Correct the team's contacts, or the channel, in the configuration: it holds for later messages. This one is not sent again by itself: pass it on, or have it sent once more, to whom it was addressed.`;
  return renderDocument(
    {
      title: subject,
      preheader: `${rejections.map((each) => each.recipient).join(", ")} did not get this message.`,
      kicker: "Delivery",
      heading: "A message was not delivered",
      currency: "",
      blocks: [
        { kind: "note", tone: "warning", lines: [refusal] },
        {
          kind: "table",
          columns: [
            { head: "Recipient", of: "text" },
            { head: "What was said", of: "text", under: true },
          ],
          rows: rejections.map(({ recipient, reply }) => ({ cells: [recipient, reply] })),
          totals: [],
        },
        paragraph(advice),
        { kind: "code", text: `apportion notifications retry '${key}' --by NAME` },
        paragraph("It said:"),
        { kind: "code", text: `Subject: ${original.subject}\n\n${original.textForOthers ?? original.text}` },
      ],
      footer: [`Delivery ${key}`],
    },
    original.csv,
  );
}
