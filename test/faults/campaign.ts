import { setTimeout as pause } from "node:timers/promises";
import { listReceipts } from "@apportion/simulator/mailbox";
import { openDeployment, type Deployment } from "./deployment.js";
import type { Fault } from "./fault.js";
import { differencesBetween, outcomeOf, receivedByChat, type Difference, type Outcome } from "./outcome.js";
import { between, randomOf } from "./random.js";
import { scheduleOf, type Round } from "./schedule.js";
import { openStage, type Stage } from "./stage.js";
import type { Result } from "./table.js";
import { inWords, probe, Work, type Probe, type WorkPlan } from "./work.js";

export interface CampaignOptions {
  readonly seed: number;
  readonly count: number;
  readonly faults: readonly Fault[];
  /** The day on which it begins, `YYYY-MM-DD`. */
  readonly day: string;
  readonly say: (line: string) => void;
}

export interface Campaign {
  readonly results: readonly Result[];
  /** What the tables and mails of the end have less or more than those of the undisturbed run. */
  readonly differences: readonly Difference[];
  readonly leftOut: readonly { readonly name: string; readonly missing: string }[];
}

/** Everything is read for the first time: two months of storage. */
const FIRST_MS = 180_000;
/** After everything was killed and started again. */
const REVIVED_MS = 120_000;
const WORK_BEFORE_MS = 900;
/** Days before this one's are restated by the bill anyhow. */
const YOUNG_DAYS = 5;
const DAY_MS = 86_400_000;

/** The same work twice: undisturbed, and under so many faults. */
export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const { seed, count, faults, say } = options;
  const possible = faults.filter(({ missing }) => missing === undefined);
  const rounds = scheduleOf(seed, count, possible);
  const plan = planOf(rounds, options.day);
  const stage = await openStage();
  try {
    say(`Seed ${seed}: ${count} faults in ${rounds.length} rounds`);
    const undisturbed = await undisturbedOutcome(stage, options, plan);
    const deployment = await openDeployment({ stage, name: "disturbed", seed, day: options.day });
    try {
      const run = new Run(deployment, new Work(deployment, plan), say);
      const results = await run.through(rounds, possible);
      const differences = differencesBetween(undisturbed, await run.end());
      const leftOut = faults.flatMap(({ name, missing }) =>
        missing === undefined ? [] : [{ name, missing }],
      );
      return { results, differences, leftOut };
    } finally {
      await deployment.stop();
    }
  } finally {
    await stage.stop();
  }
}

function planOf(rounds: readonly Round[], day: string): WorkPlan {
  const oldest = Date.parse(day) - YOUNG_DAYS * DAY_MS;
  const restating = rounds.filter(isRestating).length + 1;
  const restated = Array.from({ length: restating }, (_, index) =>
    new Date(oldest - index * DAY_MS).toISOString().slice(0, 10),
  );
  return { steps: 3 * rounds.length + 3, restated };
}

/** Only storage says that the collector of storage is alive, and reading it takes longer. */
function isRestating(round: Round): boolean {
  return round.some(({ fault }) => fault.includes("s3"));
}

async function undisturbedOutcome(
  stage: Stage,
  { seed, day, say }: CampaignOptions,
  plan: WorkPlan,
): Promise<Outcome> {
  const deployment = await openDeployment({ stage, name: "undisturbed", seed, day });
  try {
    const work = new Work(deployment, plan);
    for (const change of [() => work.advance(), () => work.finish()]) {
      const reached = await probe(deployment, change, { withinMs: FIRST_MS, storage: true });
      say(`Undisturbed: ${inWords(reached)} after ${reached.ms} ms`);
      if (!reached.caughtUp)
        throw new Error(`Undisturbed, and yet not done: ${inWords(reached)}\n${lastLines(deployment)}`);
    }
    const outcome = await outcomeOf(deployment);
    if (outcome.chat.mails.length === 0) throw new Error("Undisturbed, and nobody was told anything");
    return outcome;
  } finally {
    await deployment.stop();
  }
}

/** One deployment on its way through the rounds. */
class Run {
  readonly #deployment: Deployment;
  readonly #work: Work;
  readonly #say: (line: string) => void;

  constructor(deployment: Deployment, work: Work, say: (line: string) => void) {
    this.#deployment = deployment;
    this.#work = work;
    this.#say = say;
  }

  async through(rounds: readonly Round[], faults: readonly Fault[]): Promise<Result[]> {
    const first = await probe(this.#deployment, () => this.#work.advance(), {
      withinMs: FIRST_MS,
      storage: true,
    });
    if (!first.caughtUp)
      throw new Error(`It did not come up: ${inWords(first)}\n${lastLines(this.#deployment)}`);
    const byName = new Map(faults.map((fault) => [fault.name, fault]));
    const results: Result[] = [];
    for (const [index, round] of rounds.entries()) {
      const result = await this.#one(round, byName);
      results.push(...round.map(({ fault }) => ({ ...result, fault })));
      const what = round
        .map(({ fault, seed, holdMs }) => `${fault} (${holdMs} ms, seed ${seed})`)
        .join(" + ");
      this.#say(
        `${index + 1}/${rounds.length} ${what}: ${result.verdict}, ${(result.recoveredMs / 1_000).toFixed(1)} s`,
      );
    }
    return results;
  }

  /** Brings it to where the undisturbed run ended. */
  async end(): Promise<Outcome> {
    const last = await probe(this.#deployment, () => this.#work.finish(), { storage: true });
    if (!last.caughtUp) this.#say(`At the end: ${inWords(last)}\n${lastLines(this.#deployment)}`);
    return outcomeOf(this.#deployment);
  }

  async #one(round: Round, faults: ReadonlyMap<string, Fault>): Promise<Omit<Result, "fault">> {
    const repeatsBefore = repeats(this.#deployment);
    this.#work.advance();
    const ends = await Promise.all(
      round.map(async ({ fault: name, seed, holdMs }) => {
        const random = randomOf(seed);
        await pause(between(random, 0, WORK_BEFORE_MS));
        const fault = faults.get(name);
        if (!fault) throw new Error(`There is no fault "${name}"`);
        return { holdMs, end: await fault.inject(this.#deployment, random) };
      }),
    );
    this.#work.advance(); // what arises while it lasts
    const complaints: string[] = [];
    await Promise.all(
      ends.map(async ({ holdMs, end }) => {
        await pause(holdMs);
        await end().catch((error: Error) => complaints.push(error.message));
      }),
    );
    const restates = isRestating(round);
    const change = (): void => {
      this.#work.advance();
      if (restates) this.#work.restate();
    };
    const reached = await probe(this.#deployment, change, { storage: restates });
    const verdict = verdictOf(reached, repeats(this.#deployment) - repeatsBefore, round);
    if (!reached.caughtUp) await this.#revive(reached);
    for (const complaint of complaints) this.#say(complaint);
    return { verdict: complaints.length > 0 ? "stuck" : verdict, recoveredMs: reached.ms };
  }

  /** Whoever is stuck is stuck in the next round too, so everything is started again. */
  async #revive(reached: Probe): Promise<void> {
    this.#say(`Not recovered: ${inWords(reached)}\n${lastLines(this.#deployment)}`);
    for (const service of Object.values(this.#deployment.services)) service.signal("SIGKILL");
    const again = await probe(this.#deployment, () => this.#work.advance(), { withinMs: REVIVED_MS });
    if (!again.caughtUp)
      throw new Error(
        `Beyond recovery, even started again: ${inWords(again)}\n${lastLines(this.#deployment)}`,
      );
  }
}

/**
 * A crash between a server's yes and our record repeats that one mail under the same Message-ID, or that one notice under the same id, by which
 * a mailbox or a channel knows it: this is what we promise, and it is not counted. More than one for each fault would be.
 */
function verdictOf(
  { caughtUp, isRead, served, charged, lag }: Probe,
  repeated: number,
  round: Round,
): Result["verdict"] {
  if (caughtUp) return repeated > round.length ? "doubled" : "recovered";
  if (charged > served) return "doubled";
  const isIdle = isRead && Object.values(lag).every((each) => each === 0);
  return isIdle && charged < served ? "lost" : "stuck";
}

function repeats(deployment: Deployment): number {
  return [listReceipts(deployment.mailbox.folder), receivedByChat(deployment)].reduce(
    (sum, received) => sum + received.length - new Set(received).size,
    0,
  );
}

function lastLines({ services }: Deployment): string {
  return Object.values(services)
    .map(
      ({ name, restarts, lastLines: lines }) =>
        `── ${name} (started again ${restarts} times)\n${lines.slice(-12).join("\n")}`,
    )
    .join("\n");
}
