import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { defineQuery, run } from "@apportion/clickhouse/query";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { EarlierAlert } from "../budgets/evaluate.js";
import { deliveryKey, type DeliverySubject } from "./key.js";

/** What was said to people: the table `deliveries`. */
export interface DeliveryRecords {
  /** Those of the keys that are on record. */
  known(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Budget alerts of a month by team. */
  alertsOf(period: BillingPeriod): Promise<ReadonlyMap<string, readonly EarlierAlert[]>>;
  /** Puts a mail on record for good. Recording it again is harmless. */
  add(subject: DeliverySubject, sent: SentMail): Promise<void>;
}

export interface SentMail {
  readonly messageId: string;
  /** Whom the mail server accepted; nobody when it refused them all for good. */
  readonly recipients: readonly string[];
  readonly sentAt: Date;
}

const knownKeys = defineQuery({
  name: "notifier.knownDeliveries",
  sql: `
SELECT DISTINCT delivery_key
FROM deliveries
WHERE delivery_key IN {keys:Array(String)}`,
  params: z.object({ keys: z.array(z.string()) }),
  row: z.object({ delivery_key: z.string() }),
});

const alertsOfMonth = defineQuery({
  name: "notifier.alertsOfMonth",
  sql: `
SELECT delivery_key, team_id, threshold_percent, toString(min(crossed_on)) AS crossed_day
FROM deliveries
WHERE billing_period = {period:String} AND kind = 'budget-alert'
GROUP BY delivery_key, team_id, threshold_percent
ORDER BY delivery_key`,
  params: z.object({ period: z.string() }),
  row: z.object({
    delivery_key: z.string(),
    team_id: z.string(),
    threshold_percent: z.int(),
    crossed_day: z.iso.date().transform((text) => text as Day),
  }),
});

export function createDeliveryRecords(clickhouse: ClickHouse): DeliveryRecords {
  return {
    async known(keys) {
      if (keys.length === 0) return new Set();
      const rows = await run(clickhouse, knownKeys, { keys: [...keys] });
      return new Set(rows.map((row) => row.delivery_key));
    },
    async alertsOf(period) {
      const byTeam = new Map<string, EarlierAlert[]>();
      for (const row of await run(clickhouse, alertsOfMonth, { period })) {
        const budgetVersion = row.delivery_key.split("/")[4] ?? ""; // as deliveryKey puts it there
        const alert = { thresholdPercent: row.threshold_percent, crossedOn: row.crossed_day, budgetVersion };
        byTeam.set(row.team_id, [...(byTeam.get(row.team_id) ?? []), alert]);
      }
      return byTeam;
    },
    async add(subject, sent) {
      const key = deliveryKey(subject);
      await insertRows(clickhouse, "deliveries", [toRow(key, subject, sent)], { token: key });
    },
  };
}

function toRow(key: string, subject: DeliverySubject, sent: SentMail): Record<string, unknown> {
  const about = subject.kind === "undeliverable" ? subject.of : subject;
  const alert = subject.kind === "budget-alert" ? subject : undefined;
  return {
    delivery_key: key,
    kind: subject.kind,
    billing_period: about.period,
    team_id: about.kind === "finance-report" ? "" : about.teamId,
    threshold_percent: alert?.thresholdPercent ?? 0,
    budget_from: alert?.budgetVersion.split("@")[0] ?? "",
    episode: alert?.episode ?? 0,
    crossed_on: alert?.crossedOn ?? "1970-01-01",
    message_id: sent.messageId,
    recipients: sent.recipients,
    sent_at: sent.sentAt.toISOString(),
  };
}
