import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import { journalsAfter } from "../ledger/journals.js";
import { isPending, quarantinedReadings } from "../readings/quarantined.js";

/** What one person prepares and another approves. */
export const PREPARED_ACTS = ["close", "release", "drop"] as const;
export type PreparedAct = (typeof PREPARED_ACTS)[number];

/** What was prepared, as it lies on record until somebody else approves it. */
export interface PreparedDecision {
  readonly id: string;
  readonly act: PreparedAct;
  /** The month to be closed, or the id of the reading in quarantine. */
  readonly about: string;
  /** Of a close the reason of its override; empty where no gate is overridden. */
  readonly reason: string;
  readonly preparedBy: string;
  /** How the provider of the sign-in knows who prepared it. */
  readonly subject: string;
  /** ISO 8601. */
  readonly preparedAt: string;
  readonly expiresAt: string;
}

/** What became of it, by what is in the books since: nothing is marked as decided. */
type PreparedState =
  | { readonly kind: "waiting" }
  | { readonly kind: "expired" }
  | { readonly kind: "withdrawn"; readonly by: string; readonly at: string }
  /** The month is closed, or the reading is decided or needs no decision any more: then by nobody. */
  | { readonly kind: "decided"; readonly as: string; readonly by: string; readonly isWhole: boolean };

export interface Prepared extends PreparedDecision {
  readonly state: PreparedState;
}

const instant = z.string().transform((text) => `${text.replace(" ", "T")}Z`);

const PREPARED = defineQuery({
  name: "prepared decisions",
  sql: `SELECT DISTINCT id, step, act, about, reason, prepared_by, prepared_subject, toString(prepared_at) AS prepared, toString(expires_at) AS expires,
  withdrawn_by, toString(withdrawn_at) AS withdrawn
FROM prepared_decisions ORDER BY prepared_at, id, withdrawn_at`,
  params: z.object({}),
  row: z.object({
    id: z.string(),
    step: z.enum(["prepared", "withdrawn"]),
    act: z.enum(PREPARED_ACTS),
    about: z.string(),
    reason: z.string(),
    prepared_by: z.string(),
    prepared_subject: z.string(),
    prepared: instant,
    expires: instant,
    withdrawn_by: z.string(),
    withdrawn: instant.nullable(),
  }),
});

/** Everything that was ever prepared, the first first, with what became of it by the instant. */
export async function readPrepared(clickhouse: ClickHouse, now: Date): Promise<Prepared[]> {
  const rows = await select(clickhouse, PREPARED, {});
  const withdrawn = new Map(rows.filter(({ step }) => step === "withdrawn").map((row) => [row.id, row]));
  const prepared = rows.filter(({ step }) => step === "prepared");
  const isOver = ({ expires }: { readonly expires: string }): boolean => now.getTime() >= Date.parse(expires);
  const decided = await readDecided(
    clickhouse,
    prepared.filter((row) => !isOver(row)),
  );
  return prepared.map((row): Prepared => {
    const taken = withdrawn.get(row.id);
    return {
      id: row.id,
      act: row.act,
      about: row.about,
      reason: row.reason,
      preparedBy: row.prepared_by,
      subject: row.prepared_subject,
      preparedAt: row.prepared,
      expiresAt: row.expires,
      // What was approved while somebody withdrew it is decided.
      state:
        decided.get(row.about) ??
        (taken
          ? { kind: "withdrawn", by: taken.withdrawn_by, at: taken.withdrawn ?? "" }
          : { kind: isOver(row) ? "expired" : "waiting" }),
    };
  });
}

/** Of months and readings on which something is decided, how and by whom. */
async function readDecided(
  clickhouse: ClickHouse,
  prepared: readonly Pick<PreparedDecision, "act">[],
): Promise<ReadonlyMap<string, PreparedState>> {
  const months = prepared.some(({ act }) => act === "close") ? await journalsAfter(clickhouse, 0n) : [];
  const readings = prepared.some(({ act }) => act !== "close") ? await quarantinedReadings(clickhouse) : [];
  return new Map([
    ...months
      .filter(({ kind }) => kind === "statement")
      .map((row): [string, PreparedState] => [
        row.billing_period,
        { kind: "decided", as: "close", by: row.approved_by, isWhole: true },
      ]),
    ...readings
      .filter((reading) => !isPending(reading))
      .map(({ id, decision, decided_by, is_visible }): [string, PreparedState] => [
        id,
        // A release that died between its record and its effect is finished by asking for it again.
        { kind: "decided", as: decision, by: decided_by, isWhole: decision !== "release" || is_visible },
      ]),
  ]);
}
