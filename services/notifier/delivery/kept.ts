import type { Notice } from "../channels/notice.js";
import type { MadeMail } from "./deliver.js";
import { deliveryKey, teamOf } from "./key.js";
import type { Rejection } from "./mailer.js";
import type { StoredMessage } from "./messages.js";

/** A notice as it waits for its channel. */
export function queuedNotice({ key, kind, period, teamId, channel, ...said }: Notice): StoredMessage {
  return {
    key,
    purpose: "send",
    kind,
    period,
    teamId,
    channel,
    recipients: [channel],
    rendered: { subject: said.subject, text: said.text, html: "" },
    askedBy: "",
    reason: "",
    queuedAt: said.queuedAt,
  };
}

/** A mail for whom it did not reach; none of what is kept already. */
export function keptMail(
  { about, rendered }: MadeMail,
  missed: readonly Rejection[],
  now: Date,
): readonly StoredMessage[] {
  const { kind } = about;
  if (kind === "retry" || kind === "channel-notice") return [];
  const isSame = new Set(missed.map(({ reply }) => reply)).size === 1;
  return [
    {
      key: deliveryKey(about),
      purpose: "keep",
      kind,
      period: about.kind === "undeliverable" ? about.of.period : about.period,
      teamId: teamOf(about),
      channel: "",
      recipients: missed.map(({ recipient }) => recipient),
      rendered,
      askedBy: "",
      // Said of all of them, as where it is held back, it stands for itself.
      reason: isSame
        ? (missed[0]?.reply ?? "")
        : missed.map(({ recipient, reply }) => `${recipient}: ${reply}`).join("; "),
      queuedAt: now,
    },
  ];
}
