import type { Gate } from "@apportion/books/ledger/gates";
import type { BillingPeriod } from "@apportion/domain/period";
import { section } from "../document/blocks.js";
import { renderDocument } from "../document/mail.js";
import { monthText } from "../format.js";
import type { RenderedMail } from "../mail/mail.js";
import { gateText, remedyOf } from "./gate-words.js";

/** Tells finance why a month is not closed: the gates that fail, what is missing, and which command mends it. */
export function renderNotClosed(month: BillingPeriod, gates: readonly Gate[]): RenderedMail {
  const failed = gates.filter(({ passed }) => !passed);
  const names = failed.map(({ name }) => name).join(", ");
  const heading = `${monthText(month)} is not closed`;
  const isReady = failed.length === 0;
  const summary = isReady
    ? "Every gate passes. The month waits for two people to close it."
    : `${failed.length === 1 ? "A gate does" : `${failed.length} gates do`} not pass. The month cannot be closed before.`;
  return renderDocument({
    title: `${heading}: ${isReady ? "nothing stands in its way" : names}`,
    preheader: summary,
    kicker: "Month end",
    heading,
    currency: "",
    blocks: [
      { kind: "note", tone: isReady ? "calm" : "warning", lines: [summary] },
      ...failed.map((gate) =>
        section(
          gate.name,
          { kind: "paragraph", text: gate.says, weight: "plain" },
          { kind: "code", text: remedyOf(gate, month) },
        ),
      ),
      section("All gates", { kind: "code", text: gates.map(gateText).join("\n") }),
      section("To close it", {
        kind: "code",
        text: `apportion close --month ${month} --prepared-by NAME --approved-by ANOTHER`,
      }),
    ],
    footer: [
      "This is said once a day until the month is closed; notifier.reports.notClosed in the configuration ends it.",
    ],
  });
}
