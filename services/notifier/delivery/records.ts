import { z } from "zod";
import { lineOf, startOf, type ToldAlert } from "@apportion/books/budgets/evaluate";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { EventLog } from "@apportion/event-log/log";
import { tellRows } from "@apportion/recovery/records";
import { deliveryKey, type DeliverySubject, teamOf, type ThresholdKind } from "./key.js";

/** What was said to people: the table `deliveries`. */
export interface DeliveryRecords {
  /** Those of the keys that are on record. */
  known(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Who has got what has one of the keys. */
  reached(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Alerts of a kind about a month, or the span that begins with it, in the order in which they were sent: by team, or by line of other budgets. */
  alertsOf(period: BillingPeriod, kind: ThresholdKind): Promise<ReadonlyMap<string, readonly ToldAlert[]>>;
  /** Key of what took an alert back, or another that its mail told of; undefined where all of it holds. */
  takenBackBy(alertKey: string): Promise<string | undefined>;
  /** Keys of the mails of a kind about some months. */
  keysOf(periods: readonly BillingPeriod[], kind: DeliverySubject["kind"]): Promise<readonly string[]>;
  /** Whom an edition of a month's reports has reached, and of which teams, by address. */
  reportsOf(period: BillingPeriod, edition: string): Promise<ReadonlyMap<string, ReadonlySet<string>>>;
  /** Puts a mail on record for good, with all that it tells at once. Recording it again is harmless. */
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

/** In small letters, as configurations have them: some records are older than that. */
const recipientsOfKeys = defineQuery({
  name: "notifier.recipientsOfKeys",
  sql: `SELECT DISTINCT lower(arrayJoin(recipients)) AS recipient FROM deliveries WHERE delivery_key IN {keys:Array(String)}`,
  params: z.object({ keys: z.array(z.string()) }),
  row: z.object({ recipient: z.string() }),
});

const keysOfMonths = defineQuery({
  name: "notifier.keysOfMonths",
  sql: `SELECT DISTINCT delivery_key FROM deliveries WHERE billing_period IN {periods:Array(String)} AND kind = {kind:String}`,
  params: z.object({ periods: z.array(z.string()), kind: z.string() }),
  row: z.object({ delivery_key: z.string() }),
});

/** Keys of both kinds have the edition fourth. */
const reportsOfMonth = defineQuery({
  name: "notifier.reportsOfMonth",
  sql: `
SELECT lower(arrayJoin(recipients)) AS recipient, groupUniqArray(team_id) AS teams
FROM deliveries
WHERE billing_period = {period:String} AND kind IN ('team-report', 'team-digest') AND splitByChar('/', delivery_key)[4] = {edition:String}
GROUP BY recipient`,
  params: z.object({ period: z.string(), edition: z.string() }),
  row: z.object({ recipient: z.string(), teams: z.array(z.string()) }),
});

const alertsOfMonth = defineQuery({
  name: "notifier.alertsOfMonth",
  sql: `
SELECT
    team_id,
    threshold_percent,
    if(deliveries.budget_version = '', splitByChar('/', delivery_key)[5], deliveries.budget_version) AS version,
    episode,
    toString(minIf(crossed_on, kind = {kind:String})) AS crossed_day,
    toString(minIf(deliveries.spent, kind = {kind:String})) AS spent_amount,
    countIf(kind != {kind:String}) > 0 AS corrected
FROM deliveries
WHERE billing_period = {period:String} AND kind IN ({kind:String}, concat({kind:String}, '-withdrawal'))
GROUP BY team_id, threshold_percent, version, episode
ORDER BY minIf(sent_at, kind = {kind:String}), team_id, threshold_percent, version, episode`,
  params: z.object({ period: z.string(), kind: z.string() }),
  row: z.object({
    team_id: z.string(),
    threshold_percent: z.int(),
    version: z.string(),
    episode: z.int(),
    crossed_day: z.iso.date().transform((text) => text as Day),
    spent_amount: z.string().transform(parsePicos),
    corrected: z.union([z.boolean(), z.literal([0, 1])]).transform(Boolean),
  }),
});

/** What takes an alert back has its key but for the kind, in a row for each threshold, as the mail of the alert has. */
const withdrawalOfAlert = defineQuery({
  name: "notifier.withdrawalOfAlert",
  sql: `
SELECT delivery_key
FROM deliveries
WHERE kind IN ('budget-alert-withdrawal', 'forecast-alert-withdrawal') AND delivery_key IN (
    SELECT concat(kind, '-withdrawal', substring(delivery_key, length(kind) + 1))
    FROM deliveries
    WHERE kind IN ('budget-alert', 'forecast-alert')
        AND message_id IN (SELECT message_id FROM deliveries WHERE delivery_key = {key:String}))
ORDER BY threshold_percent, delivery_key
LIMIT 1`,
  params: z.object({ key: z.string() }),
  row: z.object({ delivery_key: z.string() }),
});

export function createDeliveryRecords(clickhouse: ClickHouse, log: EventLog): DeliveryRecords {
  return {
    async known(keys) {
      if (keys.length === 0) return new Set();
      const rows = await select(clickhouse, knownKeys, { keys: [...keys] });
      return new Set(rows.map((row) => row.delivery_key));
    },
    async reached(keys) {
      const rows = await select(clickhouse, recipientsOfKeys, { keys: [...keys] });
      return new Set(rows.map(({ recipient }) => recipient));
    },
    async takenBackBy(key) {
      return (await select(clickhouse, withdrawalOfAlert, { key }))[0]?.delivery_key;
    },
    async keysOf(periods, kind) {
      const rows = await select(clickhouse, keysOfMonths, { periods: [...periods], kind });
      return rows.map((row) => row.delivery_key);
    },
    async reportsOf(period, edition) {
      const rows = await select(clickhouse, reportsOfMonth, { period, edition });
      return new Map(rows.map(({ recipient, teams }) => [recipient, new Set(teams)]));
    },
    async alertsOf(period, kind) {
      const byTeam = new Map<string, ToldAlert[]>();
      for (const row of await select(clickhouse, alertsOfMonth, { period, kind })) {
        const alert = {
          thresholdPercent: row.threshold_percent,
          crossedOn: row.crossed_day,
          budgetVersion: row.version,
          episode: row.episode,
          spent: row.spent_amount,
          corrected: row.corrected,
        };
        const of = lineOf(row.version) ?? row.team_id;
        byTeam.set(of, [...(byTeam.get(of) ?? []), alert]);
      }
      return byTeam;
    },
    async add(subject, sent) {
      const rows = [subject, ...toldBeside(subject)].map((each) => toRow(each, sent));
      const token = deliveryKey(subject);
      // The log first: a database that is restored from a backup forgets what it was told.
      await tellRows(log, [{ table: "deliveries", token, rows }]);
      await insertRows(clickhouse, "deliveries", rows, { token });
    },
  };
}

/** The subjects of the mails that this one makes needless. */
function toldBeside(subject: DeliverySubject): DeliverySubject[] {
  if ("alsoTellsOf" in subject)
    return subject.alsoTellsOf.map((each) => ({ ...subject, ...each, alsoTellsOf: [] }));
  if ("alsoTellsOfTeams" in subject)
    return subject.alsoTellsOfTeams.map((teamId) => ({ ...subject, teamId, alsoTellsOfTeams: [] }));
  if (!("alsoTells" in subject)) return [];
  const { spent } = subject;
  return subject.alsoTells.map((told) => ({ ...subject, ...told, spent }));
}

function toRow(subject: DeliverySubject, sent: SentMail): Record<string, unknown> {
  const about = subject.kind === "undeliverable" ? subject.of : subject;
  const alert = "budgetVersion" in subject ? subject : undefined;
  return {
    delivery_key: deliveryKey(subject),
    kind: subject.kind,
    billing_period: about.period,
    team_id: teamOf(subject),
    threshold_percent: alert?.thresholdPercent ?? 0,
    budget_from: alert ? startOf(alert.budgetVersion) : "",
    budget_version: alert?.budgetVersion ?? "",
    episode: alert?.episode ?? 0,
    crossed_on: alert?.crossedOn ?? "1970-01-01",
    spent: formatPicos(alert?.spent ?? 0n),
    message_id: sent.messageId,
    recipients: sent.recipients,
    sent_at: sent.sentAt.toISOString(),
  };
}
