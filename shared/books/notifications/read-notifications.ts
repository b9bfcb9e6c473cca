import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";

/** What became of a message. */
export type NotificationState =
  /** It reached everybody whom it was for. */
  | "sent"
  /** Some of them. */
  | "partly"
  /** Nobody, for good. */
  | "failed"
  /** It was held back: it goes out when somebody has it sent. */
  | "held"
  /** It did not reach everybody, and was sent again to those. */
  | "sent again"
  /** It is tried again. */
  | "deferred"
  /** It was not tried yet. */
  | "waiting";

/** What messages are about; all that the notifier says is one of them. */
export const NOTIFICATION_KINDS = [
  "budget-alert",
  "budget-alert-withdrawal",
  "forecast-alert",
  "forecast-alert-withdrawal",
  "anomaly-alert",
  "team-report",
  "team-digest",
  "finance-report",
  "not-closed",
  "held-back",
  "undeliverable",
] as const;
export type NotificationKind = (typeof NOTIFICATION_KINDS)[number];

/** A message to people, by mail or to a channel. */
export interface Notification {
  readonly key: string;
  /** One of `NOTIFICATION_KINDS`; of a notice to a channel, that of the mail that it tells of. */
  readonly kind: string;
  readonly month: string;
  /** Empty for finance, and of a digest, which is of several. */
  readonly team: string;
  /** Name of the channel; empty for mail. */
  readonly channel: string;
  readonly state: NotificationState;
  /** When it was sent or given up; of what is not, since when it waits. ISO 8601 in UTC. */
  readonly at: string;
  readonly recipients: readonly string[];
  /** Whom it did not reach, and what was said of that. */
  readonly missed: readonly { readonly recipient: string; readonly reply: string }[];
  readonly messageId: string;
  /** Who had it sent again. */
  readonly askedBy: string;
}

export interface NotificationFilter {
  readonly month?: string | undefined;
  readonly team?: string | undefined;
  readonly kind?: string | undefined;
}

/** Newest of those that match; nobody reads more. */
const ROWS_MAX = 20_000;

const filterParams = z.object({ month: z.string(), team: z.string(), key: z.string() });

/** A mail that tells of several thresholds, or teams, has a row for each: the one after which its Message-ID is made stands for it. */
const SENT = defineQuery({
  name: "books.sentNotifications",
  sql: `
SELECT delivery_key, kind, billing_period, team_id, message_id, recipients, formatDateTime(deliveries.sent_at, '%Y-%m-%dT%H:%i:%SZ') AS sent
FROM deliveries
WHERE ({month:String} = '' OR billing_period = {month:String})
    AND ({team:String} = '' OR team_id = {team:String} OR message_id IN (
        SELECT message_id FROM deliveries WHERE kind = 'team-digest' AND team_id = {team:String}))
    AND ({key:String} = '' OR delivery_key = {key:String} OR endsWith(delivery_key, concat('/', {key:String})))
    AND (kind IN ('channel-notice', 'retry') OR position(message_id, substring(lower(hex(SHA256(delivery_key))), 1, 40)) > 0)
ORDER BY deliveries.sent_at DESC
LIMIT 1 BY delivery_key
LIMIT ${ROWS_MAX}`,
  params: filterParams,
  row: z.object({
    delivery_key: z.string(),
    kind: z.string(),
    billing_period: z.string(),
    team_id: z.string(),
    message_id: z.string(),
    recipients: z.array(z.string()),
    sent: z.string(),
  }),
});

const STORED = defineQuery({
  name: "books.storedNotifications",
  sql: `
SELECT delivery_key, purpose, kind, billing_period, team_id, channel, recipients, asked_by, reason,
    formatDateTime(notifications.queued_at, '%Y-%m-%dT%H:%i:%SZ') AS queued
FROM notifications
WHERE ({month:String} = '' OR billing_period = {month:String})
    AND ({team:String} = '' OR team_id = {team:String})
    AND ({key:String} = '' OR delivery_key = {key:String} OR endsWith(delivery_key, concat('/', {key:String})))
ORDER BY notifications.queued_at DESC
LIMIT 1 BY delivery_key
LIMIT ${ROWS_MAX}`,
  params: filterParams,
  row: z.object({
    delivery_key: z.string(),
    purpose: z.enum(["send", "keep"]),
    kind: z.string(),
    billing_period: z.string(),
    team_id: z.string(),
    channel: z.string(),
    recipients: z.array(z.string()),
    asked_by: z.string(),
    reason: z.string(),
    queued: z.string(),
  }),
});

const REPLIES = defineQuery({
  name: "books.repliesToNotifications",
  sql: `
SELECT delivery_key, recipient, outcome, argMin(delivery_outcomes.reply, at) AS said,
    formatDateTime(min(delivery_outcomes.at), '%Y-%m-%dT%H:%i:%SZ') AS first
FROM delivery_outcomes
WHERE outcome IN ('refused', 'deferred')
GROUP BY delivery_key, recipient, outcome
ORDER BY delivery_key, recipient, outcome DESC`,
  params: z.object({}),
  row: z.object({
    delivery_key: z.string(),
    recipient: z.string(),
    outcome: z.enum(["refused", "deferred"]),
    said: z.string(),
    first: z.string(),
  }),
});

type Sent = z.infer<(typeof SENT)["row"]>;
type Stored = z.infer<(typeof STORED)["row"]>;
type Reply = z.infer<(typeof REPLIES)["row"]>;

/** Messages to people, the oldest first: those on record as sent, those that wait, and those that the mail server puts off. */
export async function readNotifications(
  clickhouse: ClickHouse,
  { month = "", team = "", kind }: NotificationFilter,
  key = "",
): Promise<Notification[]> {
  const filter = { month, team, key };
  const sent = new Map((await select(clickhouse, SENT, filter)).map((row) => [row.delivery_key, row]));
  const stored = new Map((await select(clickhouse, STORED, filter)).map((row) => [row.delivery_key, row]));
  const replies = new Map<string, Reply[]>();
  for (const row of await select(clickhouse, REPLIES, {}))
    replies.set(row.delivery_key, [...(replies.get(row.delivery_key) ?? []), row]);
  const keys = new Set([...sent.keys(), ...stored.keys(), ...replies.keys()]);
  const all = [...keys].map((each) =>
    notificationOf(each, sent.get(each), stored.get(each), replies.get(each) ?? []),
  );
  const isWanted = (each: Notification): boolean =>
    (month === "" || each.month === month) &&
    (team === "" || each.team === team || (each.kind === "team-digest" && sent.has(each.key))) &&
    (key === "" || each.key === key || each.key.endsWith(`/${key}`)) &&
    (kind === undefined || each.kind === kind);
  return withRetries(all)
    .filter(isWanted)
    .toSorted((a, b) => (a.at === b.at ? (a.key < b.key ? -1 : 1) : a.at < b.at ? -1 : 1));
}

function notificationOf(
  key: string,
  sent: Sent | undefined,
  stored: Stored | undefined,
  replies: readonly Reply[],
): Notification {
  const reached = sent?.recipients ?? [];
  const missed = missedBy(sent, stored, replies);
  return {
    key,
    ...subjectOf(key, sent, stored),
    channel: stored?.channel ?? "",
    state: stateOf(sent, stored, { reached, missed }),
    at: sent?.sent ?? stored?.queued ?? replies[0]?.first ?? "",
    recipients: sent ? reached : (stored?.recipients ?? []),
    missed,
    messageId: sent?.message_id ?? "",
    askedBy: stored?.asked_by ?? "",
  };
}

/** Of a mail that is put off and neither sent nor stored, all that is known is in its key. */
function subjectOf(
  key: string,
  sent: Sent | undefined,
  stored: Stored | undefined,
): Pick<Notification, "kind" | "month" | "team"> {
  const row = stored ?? sent;
  if (row) return { kind: row.kind, month: row.billing_period, team: row.team_id };
  const [kind = "", month = "", team = ""] = key.split("/");
  return {
    kind,
    month,
    team: ["finance-report", "team-digest", "not-closed", "held-back"].includes(kind) ? "" : team,
  };
}

/** Where a mail was given up, only what was kept of it says so. */
function missedBy(
  sent: Sent | undefined,
  stored: Stored | undefined,
  replies: readonly Reply[],
): Notification["missed"] {
  const bySaid = new Map<string, string>();
  for (const { recipient, said, outcome } of replies)
    if (outcome === "refused" || !bySaid.has(recipient)) bySaid.set(recipient, said);
  if (!sent) return Array.from(bySaid, ([recipient, reply]) => ({ recipient, reply }));
  const intended = stored?.recipients ?? [...bySaid.keys()];
  return intended
    .filter((recipient) => !sent.recipients.includes(recipient))
    .map((recipient) => ({ recipient, reply: bySaid.get(recipient) ?? stored?.reason ?? "" }));
}

function stateOf(
  sent: Sent | undefined,
  stored: Stored | undefined,
  { reached, missed }: { readonly reached: readonly string[]; readonly missed: Notification["missed"] },
): NotificationState {
  if (!sent) return missed.length > 0 ? "deferred" : "waiting";
  if (stored?.reason.startsWith(HELD_BACK)) return "held";
  if (reached.length === 0) return "failed";
  return missed.length > 0 ? "partly" : "sent";
}

/** How the reason of a mail begins that a limit held back. */
export const HELD_BACK = "held back";

/** What did not reach everybody, and did when it was sent again. */
function withRetries(all: readonly Notification[]): Notification[] {
  const reachedAgain = new Map<string, Set<string>>();
  for (const { key, recipients, messageId } of all) {
    const of = /^retry\/\d+\/(.*)$/.exec(key)?.[1];
    if (of === undefined || messageId === "") continue;
    reachedAgain.set(of, new Set([...(reachedAgain.get(of) ?? []), ...recipients]));
  }
  return all.map((each) => {
    const again = reachedAgain.get(each.key);
    const isDone = again && each.missed.every(({ recipient }) => again.has(recipient));
    return isDone ? { ...each, state: "sent again" } : each;
  });
}

const CONTENT = defineQuery({
  name: "books.contentOfNotification",
  sql: `SELECT JSONExtractString(content, 'subject') AS subject, JSONExtractString(content, if(JSONHas(content, 'textForOthers'), 'textForOthers', 'text')) AS said
FROM notifications WHERE delivery_key = {key:String} LIMIT 1`,
  params: z.object({ key: z.string() }),
  row: z.object({ subject: z.string(), said: z.string() }),
});

/** What a message said, where that is kept: of notices to channels, and of mails that did not reach everybody, in the words that others may read. */
export async function readContent(
  clickhouse: ClickHouse,
  key: string,
): Promise<{ readonly subject: string; readonly text: string } | undefined> {
  const [row] = await select(clickhouse, CONTENT, { key });
  return row && { subject: row.subject, text: row.said };
}
