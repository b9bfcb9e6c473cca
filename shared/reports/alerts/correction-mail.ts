import { paragraph, section } from "../document/blocks.js";
import { renderDocument } from "../document/mail.js";
import type { RenderedMail } from "../mail/mail.js";

/** What a mail says that takes back another. */
export interface CorrectionWords {
  readonly subject: string;
  readonly kicker: string;
  readonly heading: string;
  readonly currency: string;
  /** The figure for which the mail is opened, and what it is of. */
  readonly amount: string;
  readonly beside: string;
  /** What follows if it changes once more. */
  readonly again: string;
  readonly said: string;
  /** Of the section that says what holds: `What is true now`. */
  readonly nowTitle: string;
  readonly now: string;
  readonly footer: string;
}

/** First what holds and that nothing is to be done, then what was said. */
export function renderCorrection(words: CorrectionWords): RenderedMail {
  const { subject, kicker, heading, currency, amount, beside, again, said, nowTitle, now, footer } = words;
  return renderDocument({
    title: subject,
    preheader: `${now} ${NOTHING_TO_DO}`,
    kicker,
    heading,
    currency,
    blocks: [
      { kind: "figure", amount, beside },
      { kind: "note", tone: "calm", lines: [NOTHING_TO_DO, again] },
      section("What was said", paragraph(said)),
      section(nowTitle, paragraph(now)),
    ],
    footer: [footer],
  });
}

const NOTHING_TO_DO = "Nothing is to be done.";
