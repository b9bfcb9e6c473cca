import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { defineQuery, select } from "@apportion/clickhouse/query";
import type { ProcessIdentity } from "@apportion/platform/platform";
import type { Clock } from "@apportion/runtime/service";

/** Who sends a mail, among all that may: the table `delivery_claims`. */
export interface DeliveryClaims {
  /** The delivery for this sender alone, until its lease ends; undefined while another sender has it. */
  take(key: string): Promise<Claim | undefined>;
  /** Lets anybody try at once: what was claimed could not be sent. */
  giveBack(claim: Claim): Promise<void>;
}

export interface Claim {
  readonly key: string;
  readonly attempt: number;
}

/**
 * Longer than a mail server takes to answer. When it ends a sender counts as dead and another takes over; if it was only slow,
 * the mail goes out twice with one Message-ID.
 */
const LEASE_MS = 15 * 60_000;

const LAST_CLAIM = defineQuery({
  name: "notifier.lastClaim",
  sql: `
SELECT attempt, claimant, toUnixTimestamp64Milli(expires_at) AS expires
FROM delivery_claims
WHERE delivery_key = {key:String}
ORDER BY attempt DESC, claimed_at, claimant
LIMIT 1`,
  params: z.object({ key: z.string() }),
  row: z.object({ attempt: z.int(), claimant: z.string(), expires: z.string().transform(Number) }),
});

/**
 * A claim is a row whose token is the key and the attempt: of several senders at once ClickHouse stores the first, and each reads
 * who that was. Where no other process works on the tables, claims of other processes are left over from dead ones and do not count.
 */
export function createDeliveryClaims(
  clickhouse: ClickHouse,
  { process, clock }: { readonly process: ProcessIdentity; readonly clock: Clock },
): DeliveryClaims {
  const processPrefix = `${process.id}/`;
  const claimant = `${processPrefix}${randomUUID()}`;
  const last = async (key: string): Promise<z.infer<(typeof LAST_CLAIM)["row"]> | undefined> =>
    (await select(clickhouse, LAST_CLAIM, { key }))[0];
  const insert = ({ key, attempt }: Claim, leaseMs: number): Promise<void> => {
    const now = clock().getTime();
    const [claimed_at, expires_at] = [now, now + leaseMs].map((time) => new Date(time).toISOString());
    const row = { delivery_key: key, attempt, claimant, claimed_at, expires_at };
    return insertRows(clickhouse, "delivery_claims", [row], { token: `${key}/${attempt}` });
  };
  return {
    async take(key) {
      const before = await last(key);
      if (before && before.claimant !== claimant && before.expires > clock().getTime()) {
        const isAlive = !process.alone || before.claimant.startsWith(processPrefix);
        if (isAlive) return undefined;
      }
      const claim = { key, attempt: before ? before.attempt + 1 : 0 };
      await insert(claim, LEASE_MS);
      const winner = await last(key);
      return winner?.attempt === claim.attempt && winner.claimant === claimant ? claim : undefined;
    },
    async giveBack({ key, attempt }) {
      await insert({ key, attempt: attempt + 1 }, 0);
    },
  };
}
