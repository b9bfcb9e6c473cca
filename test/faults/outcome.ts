import { listReceipts } from "@apportion/simulator/mailbox";
import { CHAT, type Deployment } from "./deployment.js";

/**
 * All that users see of the tables, by content. What may differ between two runs of the same platform is left out: ids of snapshots and
 * runs and the order of lines (hashes of when something was read), times of reading and sending, finality (a matter of the machine's
 * clock), and what a mail said was spent (a threshold is told when it is seen to be passed, and passing several at once is told in one
 * mail). Which thresholds were told, under which key and to whom, may not differ.
 */
const TABLES = {
  snapshots: `SELECT dataset, source, scope, charge_period_start, row_count, amount FROM current_snapshots WHERE charge_period_start <= {day}`,
  costs: `SELECT * EXCEPT (snapshot_id, chunk) FROM cost_facts
    WHERE snapshot_id IN (SELECT snapshot_id FROM current_snapshots) AND charge_period_start <= {day}`,
  cells: `SELECT * EXCEPT (snapshot_id) FROM current_cells WHERE charge_day <= {day}`,
  buckets: `SELECT * EXCEPT (snapshot_id, chunk) FROM bucket_facts
    WHERE snapshot_id IN (SELECT snapshot_id FROM current_snapshots) AND charge_period_start <= {day}`,
  runs: `SELECT billing_period, charge_day FROM current_runs WHERE charge_day <= {day}`,
  allocations: `SELECT * EXCEPT (run_id, line) FROM current_allocations WHERE charge_day <= {day}`,
  entries: `SELECT * EXCEPT (journal_id, posted_at) FROM posted_entries`,
  quarantined: `SELECT DISTINCT dataset, source, scope, charge_period_start, reason FROM quarantined_readings WHERE charge_period_start <= {day}`,
  told: `SELECT delivery_key, kind, billing_period, team_id, threshold_percent, episode, recipients FROM deliveries WHERE kind != 'channel-notice'`,
};
type Table = keyof typeof TABLES;

export interface Outcome {
  /** Rows as JSON text, in no order. */
  readonly tables: Readonly<Record<Table, readonly string[]>>;
  /** Message-IDs that deliveries were recorded with. */
  readonly recorded: readonly string[];
  /** Message-IDs of all that the mail server took, repeats included. */
  readonly received: readonly string[];
  readonly chat: Chat;
}

/** What the channel of all teams was told, by the keys of notices. */
interface Chat {
  /** Of each mail that was sent the notices there may be: of a mail that tells of several thresholds the channel is told one. */
  readonly mails: readonly (readonly string[])[];
  readonly recorded: readonly string[];
  /** Repeats included. */
  readonly received: readonly string[];
}

export async function outcomeOf(deployment: Deployment): Promise<Outcome> {
  const tables: Partial<Record<Table, string[]>> = {};
  for (const [name, sql] of Object.entries(TABLES)) {
    const rows = await deployment.rows(sql.replaceAll("{day}", `'${deployment.day}'`));
    tables[name as Table] = rows.map((row) => JSON.stringify(row));
  }
  const recorded = await deployment.rows(
    "SELECT DISTINCT message_id FROM deliveries WHERE kind != 'channel-notice'",
  );
  return {
    tables: tables as Record<Table, string[]>,
    recorded: recorded.map((row) => row["message_id"] ?? ""),
    received: listReceipts(deployment.mailbox.folder),
    chat: await chatOf(deployment),
  };
}

async function chatOf(deployment: Deployment): Promise<Chat> {
  const mails = await deployment.rows(
    "SELECT toJSONString(groupArray(delivery_key)) AS keys FROM deliveries WHERE kind != 'channel-notice' GROUP BY message_id",
  );
  const recorded = await deployment.rows(
    "SELECT DISTINCT delivery_key FROM deliveries WHERE kind = 'channel-notice'",
  );
  return {
    mails: mails.map(({ keys = "[]" }) =>
      (JSON.parse(keys) as string[]).map((key) => `channel/${CHAT}/${key}`),
    ),
    recorded: recorded.map((row) => row["delivery_key"] ?? ""),
    received: receivedByChat(deployment),
  };
}

/** Repeats included. */
export function receivedByChat({ chat }: Deployment): string[] {
  return chat.received.map(({ body }) => {
    const { data } = JSON.parse(body) as { readonly data: { readonly key: string } };
    return data.key;
  });
}

export interface Difference {
  readonly kind: "lost" | "doubled";
  readonly where: string;
  readonly what: string;
}

/** What a run has less or more than the undisturbed one. */
export function differencesBetween(undisturbed: Outcome, disturbed: Outcome): Difference[] {
  const tables = (Object.keys(TABLES) as Table[]).flatMap((table) => [
    ...missing(undisturbed.tables[table], disturbed.tables[table]).map((what) => lost(table, what)),
    ...missing(disturbed.tables[table], undisturbed.tables[table]).map((what) => doubled(table, what)),
  ]);
  return [
    ...tables,
    ...missing(disturbed.recorded, disturbed.received).map((what) => lost("mails", what)),
    ...missing([...new Set(disturbed.received)], disturbed.recorded).map((what) =>
      lost("records of mails", what),
    ),
    ...chatDifferences(disturbed.chat),
  ];
}

/** Which mails there are is compared with the undisturbed run; the channel has to have been told of each. */
function chatDifferences({ mails, recorded, received }: Chat): Difference[] {
  const came = new Set(received);
  return [
    ...mails.filter((keys) => !keys.some((key) => came.has(key))).map(([key = ""]) => lost("chat", key)),
    ...mails
      .filter((keys) => keys.filter((key) => came.has(key)).length > 1)
      .map(([key = ""]) => doubled("chat", key)),
    ...missing(recorded, [...came]).map((what) => lost("chat", what)),
    ...missing([...came], recorded).map((what) => lost("records of chat", what)),
  ];
}

const lost = (where: string, what: string): Difference => ({ kind: "lost", where, what });
const doubled = (where: string, what: string): Difference => ({ kind: "doubled", where, what });

/** Those of the first that the second has not, each as often as it is missing. */
function missing(of: readonly string[], from: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const row of from) left.set(row, (left.get(row) ?? 0) + 1);
  return of.filter((row) => {
    const count = left.get(row) ?? 0;
    left.set(row, count - 1);
    return count <= 0;
  });
}
