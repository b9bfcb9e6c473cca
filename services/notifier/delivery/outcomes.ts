import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { sha256 } from "@apportion/domain/hash";
import type { EventLog } from "@apportion/event-log/log";
import { tellRows } from "@apportion/recovery/records";
import type { Rejection, SendOutcome } from "./mailer.js";

/** What became of the single recipients of mails that did not reach everybody at once: the table `delivery_outcomes`. */
export interface RecipientOutcomes {
  /** What happened to a mail so far, in whichever process. */
  progressOf(key: string): Promise<Progress>;
  /** Noting the same again is harmless. */
  note(key: string, outcome: SendOutcome, at: Date): Promise<void>;
}

/** An attempt after an interruption repeats none of it. */
export interface Progress {
  readonly accepted: ReadonlySet<string>;
  readonly refused: ReadonlyMap<string, Rejection>;
  /** When the mail server first put it off, in milliseconds since 1970. */
  readonly deferredSince: number | undefined;
}

const OUTCOMES_OF_MAIL = defineQuery({
  name: "notifier.outcomesOfMail",
  sql: `
SELECT lower(delivery_outcomes.recipient) AS recipient, outcome, argMin(delivery_outcomes.reply, at) AS said, toUnixTimestamp64Milli(min(at)) AS first
FROM delivery_outcomes
WHERE delivery_key = {key:String}
GROUP BY recipient, outcome
ORDER BY recipient, outcome`,
  params: z.object({ key: z.string() }),
  row: z.object({
    recipient: z.string(),
    outcome: z.enum(["accepted", "refused", "deferred"]),
    said: z.string(),
    first: z.string().transform(Number),
  }),
});

export function createRecipientOutcomes(clickhouse: ClickHouse, log: EventLog): RecipientOutcomes {
  return {
    async progressOf(key) {
      const rows = await select(clickhouse, OUTCOMES_OF_MAIL, { key });
      const deferrals = rows.filter(({ outcome }) => outcome === "deferred").map(({ first }) => first);
      return {
        accepted: new Set(rows.filter(({ outcome }) => outcome === "accepted").map((row) => row.recipient)),
        refused: new Map(
          rows
            .filter(({ outcome }) => outcome === "refused")
            .map(({ recipient, said }) => [recipient, { recipient, reply: said }]),
        ),
        deferredSince: deferrals.length === 0 ? undefined : Math.min(...deferrals),
      };
    },
    async note(key, { accepted, refused, deferred }, at) {
      const said = [
        ...accepted.map((recipient) => ({ recipient, outcome: "accepted", reply: "" })),
        ...refused.map(({ recipient, reply }) => ({ recipient, outcome: "refused", reply })),
        ...deferred.map(({ recipient, reply }) => ({ recipient, outcome: "deferred", reply })),
      ];
      const rows = said.map((each) => ({ delivery_key: key, ...each, at: at.toISOString() }));
      const what = said.map(({ recipient, outcome }) => `${outcome} ${recipient}`).toSorted();
      const token = `${key}/${sha256(what.join("\n"))}`;
      if (rows.length > 0) await tellRows(log, [{ table: "delivery_outcomes", token, rows }]);
      await insertRows(clickhouse, "delivery_outcomes", rows, { token });
    },
  };
}
