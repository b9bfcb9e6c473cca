import type { NotificationKind } from "@apportion/books/notifications/read-notifications";
import type { BillingPeriod } from "@apportion/domain/period";
import type { RenderedMail } from "@apportion/reports/mail/mail";
import type { Mail } from "../delivery/deliver.js";
import { deliveryKey, ownerOf, teamOf } from "../delivery/key.js";
import type { StoredMessage } from "../delivery/messages.js";
import type { ChannelConfig, ChannelMessage } from "./config.js";

/** What a channel is told: the words of a mail, once. */
export interface Notice {
  readonly key: string;
  readonly channel: string;
  /** Of the mail that it tells of. */
  readonly kind: NotificationKind;
  readonly period: BillingPeriod;
  /** Empty for finance. */
  readonly teamId: string;
  readonly subject: string;
  readonly text: string;
  readonly queuedAt: Date;
}

/** Lines of a report that a channel is shown: what it comes to, and how that compares. */
const REPORT_LINES = 14;

/** What a mail says, and to whom. */
type Told = Pick<StoredMessage, "key" | "kind" | "period" | "teamId" | "recipients"> & {
  readonly rendered: Pick<RenderedMail, "subject" | "text" | "textForOthers">;
};

interface NoticeOptions {
  readonly channels: readonly ChannelConfig[];
  readonly finance: readonly string[];
  readonly now: Date;
}

/** The notices of a mail, one for each channel of those who get it. */
export function noticesOf({ about, to, rendered }: Mail, options: NoticeOptions): Notice[] {
  const { kind } = about;
  if (about.kind === "undeliverable" || kind === "channel-notice" || kind === "retry") return [];
  const { period } = about;
  const told = { key: deliveryKey(about), kind, period, teamId: teamOf(about), recipients: to, rendered };
  return noticesOfTold(told, options);
}

/** The same of a mail that is kept. */
export function noticesOfTold(
  { key, kind, period, teamId, recipients, rendered }: Told,
  { channels, finance, now }: NoticeOptions,
): Notice[] {
  const message = messageOf(kind);
  if (message === undefined) return [];
  const owner = ownerOf(key);
  const isFinances = recipients.length > 0 && recipients.every((recipient) => finance.includes(recipient));
  const said = rendered.textForOthers ?? rendered.text;
  const text = message === "report" ? beginningOf(said) : said;
  const isOf = ({ teams, departments, costCenters }: ChannelConfig): boolean =>
    teams.includes(teamId) ||
    (owner?.kind === "department" && departments.includes(owner.id)) ||
    (owner?.kind === "cost-center" && costCenters.includes(owner.id));
  const wanted = channels.filter(
    (each) => each.messages.includes(message) && (isOf(each) || (each.finance && isFinances)),
  );
  return wanted.map(({ name }) => ({
    key: `channel/${name}/${key}`,
    channel: name,
    kind,
    period,
    teamId,
    subject: rendered.subject,
    text,
    queuedAt: now,
  }));
}

function messageOf(kind: NotificationKind): ChannelMessage | undefined {
  switch (kind) {
    case "budget-alert":
    case "budget-alert-withdrawal":
      return "budget";
    case "forecast-alert":
    case "forecast-alert-withdrawal":
      return "forecast";
    case "anomaly-alert":
      return "anomaly";
    case "team-report":
    case "team-digest":
    case "finance-report":
      return "report";
    case "not-closed":
      return "not-closed";
    case "held-back":
    case "undeliverable":
      return undefined;
  }
}

function beginningOf(text: string): string {
  const lines = text.trimEnd().split("\n");
  if (lines.length <= REPORT_LINES) return text;
  return [...lines.slice(0, REPORT_LINES), "", "The whole report came by mail."].join("\n");
}
