import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { HELD_BACK } from "@apportion/books/notifications/read-notifications";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { dayOf } from "@apportion/domain/period";
import type { Clock } from "@apportion/runtime/service";
import { alertsTakenBack, deliveryKey, type DeliverySubject, isAlert, isWithdrawal, whomOf } from "./key.js";

/** Alerts that may go out on a day of UTC. What a bad reading would say beyond that is held back; what takes back one that went out never is. */
export interface AlertLimits {
  readonly ofTeamADay: number;
  readonly inAllADay: number;
}

/**
 * Those that were let out, whatever the mail server said: channels were told of them, and finance of what was refused. A mail that tells of several
 * thresholds has a row for each; the one after which its Message-ID is made is what is kept of it when it is held back.
 */
const alertsOfDay = defineQuery({
  name: "notifier.alertsOfDay",
  sql: `
SELECT if(team_id = '', extract(budget_version, '^(.*):'), team_id) AS whom, uniqExact(message_id) AS mails
FROM deliveries
WHERE sent_at >= toDateTime64({day:String}, 3, 'UTC')
    AND kind IN ('budget-alert', 'forecast-alert', 'anomaly-alert')
    AND position(message_id, substring(lower(hex(SHA256(delivery_key))), 1, 40)) > 0
    AND delivery_key NOT IN (SELECT delivery_key FROM notifications WHERE startsWith(reason, {held:String}))
GROUP BY whom`,
  params: z.object({ day: z.string(), held: z.string() }),
  row: z.object({ whom: z.string(), mails: z.string().transform(Number) }),
});

/**
 * All alerts of the mails of some of them that were held back, and were not sent again since, nor are on their way. A mail is kept under one of its
 * thresholds; the Message-ID is made of that, and has the row of each of the others too.
 */
const mailsToNobody = defineQuery({
  name: "notifier.mailsToNobody",
  sql: `
SELECT groupUniqArray(delivery_key) AS alerts
FROM deliveries
WHERE message_id IN (SELECT message_id FROM deliveries WHERE delivery_key IN {keys:Array(String)}) AND substring(message_id, 2, 40) IN (
    SELECT substring(lower(hex(SHA256(delivery_key))), 1, 40)
    FROM notifications
    WHERE startsWith(reason, {held:String}) AND delivery_key NOT IN (
        SELECT replaceRegexpOne(delivery_key, '^retry/[0-9]+/', '')
        FROM notifications
        WHERE startsWith(delivery_key, 'retry/')
            AND delivery_key NOT IN (SELECT delivery_key FROM deliveries WHERE kind = 'retry' AND empty(recipients))))
GROUP BY message_id`,
  params: z.object({ keys: z.array(z.string()), held: z.string() }),
  row: z.object({ alerts: z.array(z.string()) }),
});

/** Why nobody is mailed that an alert does not hold which nobody has got: finance heard that the alert was held back, and that is all. */
export const ALERT_WAS_HELD = `${HELD_BACK}: the alert that it takes back went out to nobody`;

/** Of mails that are about to be sent, those that are too many for today, and why, by their keys. Reports are as many as there are teams. */
export async function heldBack(
  clickhouse: ClickHouse,
  clock: Clock,
  { ofTeamADay, inAllADay }: AlertLimits,
  subjects: readonly DeliverySubject[],
): Promise<ReadonlyMap<string, string>> {
  const held = await withdrawalsToNobody(clickhouse, subjects);
  const alerts = subjects.filter((about) => isAlert(about) && !isWithdrawal(about));
  if (alerts.length === 0) return held;
  const rows = await select(clickhouse, alertsOfDay, { day: dayOf(clock()), held: HELD_BACK });
  const byTeam = new Map(rows.map(({ whom, mails }) => [whom, mails]));
  let all = rows.reduce((sum, { mails }) => sum + mails, 0);
  for (const about of alerts) {
    const team = whomOf(about);
    const own = byTeam.get(team) ?? 0;
    if (own >= ofTeamADay)
      held.set(deliveryKey(about), `${HELD_BACK}: ${ofTeamADay} alerts of the team went out today already`);
    else if (all >= inAllADay)
      held.set(deliveryKey(about), `${HELD_BACK}: ${inAllADay} alerts went out today already`);
    else {
      byTeam.set(team, own + 1);
      all += 1;
    }
  }
  return held;
}

/** Of what takes alerts back, that of which every alert went out to nobody, with all that their mails told: of what is left of these somebody has to hear. */
async function withdrawalsToNobody(
  clickhouse: ClickHouse,
  subjects: readonly DeliverySubject[],
): Promise<Map<string, string>> {
  const takenBack = subjects
    .filter(isWithdrawal)
    .map((about) => ({ key: deliveryKey(about), alerts: alertsTakenBack(about) }));
  if (takenBack.length === 0) return new Map();
  const keys = takenBack.flatMap(({ alerts }) => alerts);
  const mails = await select(clickhouse, mailsToNobody, { keys, held: HELD_BACK });
  return new Map(
    takenBack
      .filter(({ alerts }) =>
        alerts.every((alert) => {
          const mail = mails.find((each) => each.alerts.includes(alert));
          return mail?.alerts.every((each) => alerts.includes(each)) === true;
        }),
      )
      .map(({ key }) => [key, ALERT_WAS_HELD]),
  );
}
