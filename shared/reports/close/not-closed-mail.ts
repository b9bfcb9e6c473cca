import type { Gate } from "@apportion/books/ledger/gates";
import type { BillingPeriod } from "@apportion/domain/period";
import { monthText } from "../format.js";
import { note, paragraph, preformatted, section, table } from "../mail/blocks.js";
import { html } from "../mail/html.js";
import type { RenderedMail } from "../mail/mail.js";
import { page } from "../mail/page.js";
import { gateText, remedyOf } from "./gate-words.js";

/** Tells finance why a month is not closed: the gates that fail, what is missing, and which command mends it. */
export function renderNotClosed(month: BillingPeriod, gates: readonly Gate[]): RenderedMail {
  const failed = gates.filter(({ passed }) => !passed);
  const names = failed.map(({ name }) => name).join(", ");
  const subject = `${monthText(month)} is not closed: ${failed.length === 0 ? "nothing stands in its way" : names}`;
  const summary =
    failed.length === 0
      ? "Every gate passes: the month waits for two people to close it."
      : `${failed.length === 1 ? "A gate does" : `${failed.length} gates do`} not pass, so the month cannot be closed.`;
  const command = `apportion close --month ${month} --prepared-by NAME --approved-by NAME`;
  const footer = "This is said once a day until the month is closed; `notifier.reports.notClosed: off` ends it.";
  return {
    subject,
    html: page({
      title: subject,
      preheader: summary,
      kicker: "Month end",
      heading: `${monthText(month)} is not closed`,
      body: html`${note(failed.length === 0 ? "calm" : "warning", summary)}${failed.length === 0
        ? ""
        : section(
            "What is missing",
            table(
              ["Gate", "What was found", "What mends it"],
              failed.map((gate) => [gate.name, gate.says, remedyOf(gate, month)]),
            ),
          )}${section("All gates", preformatted(gates.map(gateText).join("\n")))}${section(
        "To close it",
        paragraph(command),
      )}`,
      footer: [footer],
    }),
    text: [
      `${monthText(month)} is not closed`,
      "",
      summary,
      ...failed.flatMap((gate) => ["", gateText(gate), `  ${remedyOf(gate, month)}`]),
      "",
      "ALL GATES",
      ...gates.map(gateText),
      "",
      "TO CLOSE IT",
      command,
      "",
      footer,
      "",
    ].join("\n"),
  };
}
