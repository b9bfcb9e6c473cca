import { setTimeout as pause } from "node:timers/promises";
import {
  ALLOCATION_GROUP,
  INTAKE_GROUP,
  LEDGER_GROUP,
  NOTIFIER_GROUP,
  NOTIFIER_TOPICS,
} from "@apportion/recovery/groups";
import { formatPicos } from "@apportion/domain/money";
import { TOPICS } from "@apportion/events/catalogue";
import type { Deployment } from "./deployment.js";

const POLL_MS = 150;
const LOOKS = 10;
/** Everything that was published must be charged this soon after a fault's end. */
const RECOVERY_MAX_MS = 60_000;

/** Where the simulated platform's day begins and ends in a campaign, in hours. */
const FIRST_HOUR = 1;
const LAST_HOUR = 23;
const HOUR_MS = 3_600_000;

export interface WorkPlan {
  /** How often the simulated day goes on, at most. */
  readonly steps: number;
  /** Days whose storage is restated, one after the other. */
  readonly restated: readonly string[];
}

/**
 * The work of a campaign: the simulated day goes on, so that every cluster has cost more, and storage of days gone by is restated.
 * Costs only grow, so whatever the path, the same thresholds are passed in the end.
 */
export class Work {
  readonly #deployment: Deployment;
  readonly #plan: WorkPlan;
  #step = 0;
  #restated = 0;

  constructor(deployment: Deployment, plan: WorkPlan) {
    this.#deployment = deployment;
    this.#plan = plan;
  }

  /** Lets time go by on the simulated platform, but never to its end. */
  advance(): void {
    this.#goTo(Math.min(this.#step + 1, this.#plan.steps - 1));
  }

  /** Restates the next day. */
  restate(): void {
    const day = this.#plan.restated[this.#restated];
    this.#restated += 1;
    if (day !== undefined) this.#deployment.simulator.restateLate(day);
  }

  /** To where every campaign ends: the same instant, and every day restated. */
  finish(): void {
    this.#goTo(this.#plan.steps);
    for (const day of this.#plan.restated) this.#deployment.simulator.restateLate(day);
  }

  #goTo(step: number): void {
    this.#step = step;
    const hours = FIRST_HOUR + ((LAST_HOUR - FIRST_HOUR) * step) / this.#plan.steps;
    const midnight = Date.parse(`${this.#deployment.day}T00:00:00Z`);
    this.#deployment.simulator.setAsOf(new Date(midnight + hours * HOUR_MS));
  }
}

/** What a deployment has done of what it was given. */
export interface Progress {
  readonly caughtUp: boolean;
  /** What the platform served and was charged, in 10⁻¹² dollars. */
  readonly served: bigint;
  readonly charged: bigint;
  /** Messages that are not handled yet, by group, and notices that were not sent; empty while the amounts differ. */
  readonly lag: Readonly<Record<string, number>>;
}

export interface Probe extends Progress {
  /** Whether the collectors asked for what changed. */
  readonly isRead: boolean;
  readonly ms: number;
}

/**
 * Changes what the platform serves and waits until that was read of every cluster (and of the storage, if that changes), is charged, and
 * nothing is left to be said. It throws nothing: it says how far it came in time.
 */
export async function probe(
  deployment: Deployment,
  change: () => void,
  { withinMs = RECOVERY_MAX_MS, storage = false } = {},
): Promise<Probe> {
  const started = Date.now();
  const before = costsByPlace(deployment);
  change();
  const isRead = (): boolean => {
    const now = costsByPlace(deployment);
    return [...before].every(([place, picos]) => (place === STORAGE && !storage) || now.get(place) !== picos);
  };
  let progress: Progress = { caughtUp: false, served: 0n, charged: 0n, lag: {} };
  for (;;) {
    const read = isRead(); // first: what is read later is not in the progress
    progress = await progressOf(deployment).catch(() => ({ ...progress, caughtUp: false }));
    const ms = Date.now() - started;
    const caughtUp = read && progress.caughtUp;
    if (!caughtUp && ms > withinMs) {
      const lag = await leastLagOf(deployment).catch(() => progress.lag);
      return { ...progress, caughtUp, ms, lag, isRead: read };
    }
    if (caughtUp) return { ...progress, ms, isRead: read };
    await pause(POLL_MS);
  }
}

const STORAGE = "";

/** By cluster, and what belongs to none: storage. */
function costsByPlace({ simulator }: Deployment): Map<string, bigint> {
  const sums = new Map<string, bigint>(simulator.registry.clusters.map(({ id }) => [id, 0n]));
  for (const { cluster, picos } of simulator.ledger.linesOf(""))
    sums.set(cluster, (sums.get(cluster) ?? 0n) + picos);
  return sums;
}

export async function progressOf(deployment: Deployment): Promise<Progress> {
  const served = deployment.simulator.ledger.totalOf("");
  const [row] = await deployment.rows(
    "SELECT toString(sum(toDecimal256(amount, 12)) * 1000000000000) AS picos FROM current_allocations",
  );
  const charged = BigInt((row?.["picos"] ?? "0").split(".")[0] ?? "0");
  if (charged !== served) return { caughtUp: false, served, charged, lag: {} };
  const lag: Record<string, number> = {
    ...(await lagOf(deployment)),
    notices: await waitingNotices(deployment),
  };
  const toldAll = [ALLOCATION_GROUP, LEDGER_GROUP, NOTIFIER_GROUP, "notices"].every(
    (what) => lag[what] === 0,
  );
  return { caughtUp: served > 0n && toldAll, served, charged, lag };
}

/** What channels are still to be told. */
async function waitingNotices(deployment: Deployment): Promise<number> {
  const [row] = await deployment.rows(
    `SELECT toString(uniqExact(delivery_key)) AS count FROM notifications
WHERE purpose = 'send' AND delivery_key NOT IN (SELECT delivery_key FROM deliveries WHERE kind = 'channel-notice')`,
  );
  return Number(row?.["count"] ?? 0);
}

/** Of the groups in which readings become facts, facts runs, and runs mails. */
export async function lagOf({ stage, prefix }: Deployment): Promise<Record<string, number>> {
  const groups = {
    [INTAKE_GROUP]: [TOPICS.readings.name],
    [ALLOCATION_GROUP]: [TOPICS.allocationRequests.name],
    [LEDGER_GROUP]: [TOPICS.allocations.name],
    [NOTIFIER_GROUP]: NOTIFIER_TOPICS,
  };
  return stage.withAdmin(async (admin) => {
    const lags: Record<string, number> = {};
    for (const [group, topics] of Object.entries(groups)) {
      const committed = await admin.fetchOffsets({
        groupId: prefix + group,
        topics: topics.map((each) => prefix + each),
      });
      let lag = 0;
      for (const { topic, partitions } of committed)
        for (const { partition, high, low } of await admin.fetchTopicOffsets(topic)) {
          const offset = Number(partitions.find((each) => each.partition === partition)?.offset ?? "-1");
          lag += Number(high) - (offset < 0 ? Number(low) : offset);
        }
      lags[group] = lag;
    }
    return lags;
  });
}

/** Of some looks, because something is always on its way. */
async function leastLagOf(deployment: Deployment): Promise<Record<string, number>> {
  let least = await lagOf(deployment);
  for (let look = 1; look < LOOKS; look += 1) {
    await pause(POLL_MS);
    const next = await lagOf(deployment);
    least = Object.fromEntries(
      Object.entries(least).map(([group, lag]) => [group, Math.min(lag, next[group] ?? lag)]),
    );
  }
  return least;
}

export function inWords({ served, charged, lag }: Progress): string {
  return `charged ${formatPicos(charged)} of ${formatPicos(served)} served; behind: ${JSON.stringify(lag)}`;
}
