import { figure, note, paragraph, section, strong } from "../mail/blocks.js";
import { html } from "../mail/html.js";
import type { RenderedMail } from "../mail/mail.js";
import { page } from "../mail/page.js";

/** What a mail says that takes back another. */
export interface CorrectionWords {
  readonly subject: string;
  readonly kicker: string;
  readonly heading: string;
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
  const { subject, kicker, heading, amount, beside, again, said, nowTitle, now, footer } = words;
  return {
    subject,
    html: page({
      title: subject,
      preheader: `${now} ${NOTHING_TO_DO}`,
      kicker,
      heading,
      body: html`${figure(amount, beside)} ${note("calm", html`${strong(NOTHING_TO_DO)} ${again}`)}
      ${section(SAID_TITLE, paragraph(said))} ${section(nowTitle, paragraph(now))}`,
      footer: [footer],
    }),
    text: [
      heading,
      "",
      `${amount} ${beside}`,
      `${NOTHING_TO_DO} ${again}`,
      "",
      SAID_TITLE.toUpperCase(),
      said,
      "",
      nowTitle.toUpperCase(),
      now,
      "",
      footer,
      "",
    ].join("\n"),
  };
}

const NOTHING_TO_DO = "Nothing is to be done.";
const SAID_TITLE = "What was said";
