import { z } from "zod";
import { NOTIFICATION_KINDS, type NotificationKind } from "@apportion/books/notifications/read-notifications";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { sha256 } from "@apportion/domain/hash";
import { parseBillingPeriod, type BillingPeriod } from "@apportion/domain/period";
import type { EventLog } from "@apportion/event-log/log";
import { tellRows } from "@apportion/recovery/records";
import type { WholeMail } from "@apportion/reports/mail/mail";

/** Messages as they were said, which cannot be made once more: the table `notifications`. */
export interface Messages {
  /** Those whose keys are not there already. Putting the same again is harmless. */
  put(messages: readonly StoredMessage[]): Promise<void>;
  find(key: string): Promise<StoredMessage | undefined>;
  /** Keys of what is to be sent and is not on record as sent, by channel (mail: the empty one), the oldest first. */
  waiting(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Keys under which it was sent again, the first time first, and whether that has come to an end. */
  retriesOf(key: string): Promise<readonly { readonly key: string; readonly ended: boolean }[]>;
}

export interface StoredMessage {
  readonly key: string;
  /** `send`: it waits until it is on record as sent; `keep`: for who has it sent again. */
  readonly purpose: "send" | "keep";
  readonly kind: NotificationKind;
  readonly period: BillingPeriod;
  /** Empty for finance. */
  readonly teamId: string;
  /** Empty for mail. */
  readonly channel: string;
  readonly recipients: readonly string[];
  /** Without HTML for a channel. */
  readonly rendered: WholeMail;
  /** Empty for what is sent by itself. */
  readonly askedBy: string;
  /** Of what is kept, why it did not go out. */
  readonly reason: string;
  readonly queuedAt: Date;
}

/** JSON of one, so that it fits into a message of the log. */
const CONTENT_BYTES_MAX = 700_000;

const knownMessages = defineQuery({
  name: "notifier.knownMessages",
  sql: `SELECT DISTINCT delivery_key FROM notifications WHERE delivery_key IN {keys:Array(String)}`,
  params: z.object({ keys: z.array(z.string()) }),
  row: z.object({ delivery_key: z.string() }),
});

const messageOfKey = defineQuery({
  name: "notifier.messageOfKey",
  sql: `
SELECT delivery_key, purpose, kind, billing_period, team_id, channel, recipients, content, asked_by, reason,
    toUnixTimestamp64Milli(queued_at) AS queued
FROM notifications
WHERE delivery_key = {key:String}
ORDER BY queued_at
LIMIT 1`,
  params: z.object({ key: z.string() }),
  row: z.object({
    delivery_key: z.string(),
    purpose: z.enum(["send", "keep"]),
    kind: z.enum(NOTIFICATION_KINDS),
    billing_period: z.string().transform(parseBillingPeriod),
    team_id: z.string(),
    channel: z.string(),
    recipients: z.array(z.string()),
    content: z.string(),
    asked_by: z.string(),
    reason: z.string(),
    queued: z.string().transform(Number),
  }),
});

const waitingMessages = defineQuery({
  name: "notifier.waitingMessages",
  sql: `
SELECT channel, delivery_key
FROM notifications
WHERE purpose = 'send' AND delivery_key NOT IN (SELECT delivery_key FROM deliveries WHERE kind IN ('channel-notice', 'retry'))
GROUP BY channel, delivery_key
ORDER BY channel, min(queued_at), delivery_key
LIMIT 100 BY channel`,
  params: z.object({}),
  row: z.object({ channel: z.string(), delivery_key: z.string() }),
});

const retriesOfMessage = defineQuery({
  name: "notifier.retriesOfMessage",
  sql: `
SELECT DISTINCT delivery_key, delivery_key IN (SELECT delivery_key FROM deliveries WHERE kind = 'retry') AS ended
FROM notifications
WHERE startsWith(delivery_key, 'retry/') AND substring(delivery_key, length('retry/') + 1 + position(substring(delivery_key, length('retry/') + 1), '/')) = {key:String}
ORDER BY length(delivery_key), delivery_key`,
  params: z.object({ key: z.string() }),
  row: z.object({
    delivery_key: z.string(),
    ended: z.union([z.boolean(), z.literal([0, 1])]).transform(Boolean),
  }),
});

export function createMessages(clickhouse: ClickHouse, log: EventLog): Messages {
  return {
    async put(messages) {
      if (messages.length === 0) return;
      const keys = messages.map(({ key }) => key);
      const known = new Set(
        (await select(clickhouse, knownMessages, { keys })).map(({ delivery_key }) => delivery_key),
      );
      const rows = messages.filter(({ key }) => !known.has(key)).map(toRow);
      if (rows.length === 0) return;
      const token = sha256(rows.map(({ delivery_key }) => delivery_key).join("\n"));
      await tellRows(log, [{ table: "notifications", token, rows }]);
      await insertRows(clickhouse, "notifications", rows, { token });
    },
    async find(key) {
      const [row] = await select(clickhouse, messageOfKey, { key });
      if (!row) return undefined;
      const { purpose, kind, channel, recipients, reason } = row;
      return {
        key,
        purpose,
        kind,
        period: row.billing_period,
        teamId: row.team_id,
        channel,
        recipients,
        rendered: parseContent(row.content),
        askedBy: row.asked_by,
        reason,
        queuedAt: new Date(row.queued),
      };
    },
    async waiting() {
      const byChannel = new Map<string, string[]>();
      for (const { channel, delivery_key } of await select(clickhouse, waitingMessages, {}))
        byChannel.set(channel, [...(byChannel.get(channel) ?? []), delivery_key]);
      return byChannel;
    },
    async retriesOf(key) {
      const rows = await select(clickhouse, retriesOfMessage, { key });
      return rows.map(({ delivery_key, ended }) => ({ key: delivery_key, ended }));
    },
  };
}

function toRow(message: StoredMessage): Record<string, unknown> & { delivery_key: string } {
  const { key, purpose, kind, channel, recipients, reason } = message;
  return {
    delivery_key: key,
    purpose,
    kind,
    billing_period: message.period,
    team_id: message.teamId,
    channel,
    recipients,
    content: contentText(message.rendered),
    asked_by: message.askedBy,
    reason,
    queued_at: message.queuedAt.toISOString(),
  };
}

const BYTES = "$base64";

function withBytes(this: Record<string, unknown>, name: string, value: unknown): unknown {
  const given = this[name];
  return given instanceof Uint8Array ? { [BYTES]: Buffer.from(given).toString("base64") } : value;
}

/** What is too large to be kept goes without the files beside it, then without its pictures; its text is cut last. */
function contentText(rendered: WholeMail): string {
  const { subject, html, files = [] } = rendered;
  const { text, textForOthers } = rendered;
  const pictures = files.filter(({ cid }) => cid !== undefined);
  const words = { subject, html, text, textForOthers };
  for (const said of [rendered, { ...words, files: pictures }, words]) {
    const json = JSON.stringify(said, withBytes);
    if (Buffer.byteLength(json) <= CONTENT_BYTES_MAX) return json;
  }
  const cut = (whole: string): string =>
    `${whole.slice(0, CONTENT_BYTES_MAX / 8)}\n… the rest was too long to be kept`;
  return JSON.stringify({
    subject,
    html: "",
    text: cut(text),
    ...(textForOthers !== undefined && { textForOthers: cut(textForOthers) }),
  });
}

function parseContent(text: string): WholeMail {
  return JSON.parse(text, (_name, value: unknown) =>
    typeof value === "object" && value !== null && BYTES in value
      ? Buffer.from(String(value[BYTES]), "base64")
      : value,
  ) as WholeMail;
}
