import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { silentLogger } from "./logger.js";
import { startSchedule, type Attempt, type Job, type Schedule, type ScheduleStart } from "./schedule.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const HOURLY = "10 * * * *";
const NOON = new Date("2026-11-27T12:00:00Z");

/** The wall clock and the one that nobody sets, apart from the timers: timers stand still while a process does. */
let wallMs: number;
let monotonicMs: number;
let schedules: Schedule[] = [];
let warnings: object[] = [];
beforeEach(() => {
  vi.useFakeTimers();
  wallMs = NOON.getTime();
  monotonicMs = 0;
  warnings = [];
});
afterEach(async () => {
  await Promise.all(schedules.splice(0).map((each) => each.stop()));
  vi.useRealTimers();
});

/** Time passes as it does in a process that is at work. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += SECOND) {
    wallMs += SECOND;
    monotonicMs += SECOND;
    await vi.advanceTimersByTimeAsync(SECOND);
  }
}
/** Time passes while no timer fires: the event loop is blocked, or the process is stopped. */
function freeze(ms: number): void {
  wallMs += ms;
  monotonicMs += ms;
}
const step = (ms: number): void => {
  wallMs += ms;
};
const time = (): string => new Date(wallMs).toISOString().slice(0, 19);

interface Run extends Attempt {
  readonly at: string;
}
function started(
  run: (attempt: Attempt, signal: AbortSignal) => Promise<readonly string[]> = async () => [],
  { cron = HOURLY, ...start }: Partial<ScheduleStart> & Partial<Pick<Job, "cron">> = {},
): { runs: Run[]; schedule: Schedule; times: () => string[] } {
  const runs: Run[] = [];
  const job: Job = {
    name: "test",
    cron,
    run(attempt, signal) {
      runs.push({ at: time(), ...attempt });
      return run(attempt, signal);
    },
  };
  const logger = { ...silentLogger, warn: (fields: object) => void warnings.push(fields) };
  const clock = (): Date => new Date(wallMs);
  const deps = { clock, monotonicMs: () => monotonicMs, logger };
  const schedule = startSchedule(job, deps, { since: clock(), ...start });
  schedules.push(schedule);
  return { runs, schedule, times: () => runs.map(({ at }) => at) };
}

describe("a schedule", () => {
  it("runs at its times", async () => {
    const { times } = started();
    await pass(2 * HOUR);
    expect(times()).toEqual(["2026-11-27T12:10:00", "2026-11-27T13:10:00"]);
  });

  it.each([5 * SECOND, HOUR, 3 * HOUR])("that is %i ms late runs once, at once", async (lateMs) => {
    const { runs } = started();
    await pass(9 * MINUTE + 59 * SECOND);
    freeze(1 * SECOND + lateMs);
    await pass(30 * SECOND);
    expect(runs).toHaveLength(1);
  });

  it("wakes by itself when timers and clock part: asleep for an hour, it runs within half a minute", async () => {
    const { runs } = started();
    step(HOUR); // a machine that sleeps stops the other clock and the timers
    await pass(30 * SECOND);
    expect(runs).toHaveLength(1);
    await pass(HOUR);
    expect(runs).toHaveLength(2);
  });

  it.each([HOUR, 24 * HOUR])("goes on by the new clock when it is set back by %i ms", async (byMs) => {
    const { times } = started();
    await pass(20 * MINUTE);
    step(-byMs);
    await pass(HOUR);
    const second = new Date(NOON.getTime() - byMs + HOUR + 10 * MINUTE).toISOString().slice(0, 19);
    expect(times()).toEqual(["2026-11-27T12:10:00", second]);
    expect(warnings).toMatchObject([{ schedule: "test" }]);
  });

  it("does not lose a run that became due just when the clock was set back", async () => {
    const { runs } = started();
    await pass(9 * MINUTE + 55 * SECOND);
    freeze(10 * SECOND);
    step(-3 * HOUR - 30 * MINUTE);
    await pass(30 * SECOND);
    expect(runs).toHaveLength(1);
  });

  it("makes no storm of a clock that is set back and forth", async () => {
    const { runs } = started();
    for (let minute = 0; minute < 60; minute++) {
      step(minute % 2 === 0 ? 24 * HOUR : -24 * HOUR);
      await pass(MINUTE);
    }
    expect(runs.length).toBeLessThanOrEqual(32);
  });

  it("never runs twice at once: what became due meanwhile is one run after it", async () => {
    let running = 0;
    const { runs, times } = started(async () => {
      expect(++running).toBe(1);
      if (runs.length === 1) await new Promise((resolve) => setTimeout(resolve, 2.75 * HOUR));
      running -= 1;
      return [];
    });
    await pass(3 * HOUR);
    expect(times()).toEqual(["2026-11-27T12:10:00", "2026-11-27T14:55:00"]);
  });

  it("runs at start what was due since it last began", async () => {
    const { times } = started(undefined, { since: new Date("2026-11-20T00:00:00Z") });
    await pass(MINUTE);
    expect(times()).toEqual(["2026-11-27T12:00:00"]);
  });

  it("goes on after a start with an attempt that was not finished, at its pause", async () => {
    const since = new Date(NOON.getTime() - MINUTE);
    const { runs } = started(undefined, { since, unfinished: { failures: 2, left: ["b"] } });
    await pass(2 * MINUTE);
    expect(runs).toEqual([{ at: "2026-11-27T12:01:00", failures: 2, left: ["b"] }]);
  });
});

describe("what failed", () => {
  it("is tried again after growing pauses, the parts that failed only, until the next scheduled time", async () => {
    const { runs, schedule } = started(async () => ["b"]);
    await pass(HOUR + 11 * MINUTE + 30 * SECOND);
    const again = (at: string, failures: number): Run => ({ at: `2026-11-27T${at}`, failures, left: ["b"] });
    expect(runs).toEqual([
      { at: "2026-11-27T12:10:00", failures: 0 },
      again("12:11:00", 1),
      again("12:13:00", 2),
      again("12:17:00", 3),
      again("12:25:00", 4),
      again("12:41:00", 5),
      { at: "2026-11-27T13:10:00", failures: 0 },
      again("13:11:00", 1),
    ]);
    expect(warnings[5]).toMatchObject({ left: ["b"], nextAt: new Date("2026-11-27T13:10:00Z") });
    expect(schedule.state()).toMatchObject({ failure: { message: "b could not be done" } });
  });

  it("is over when the scheduled time does everything", async () => {
    const { times } = started(async () => (wallMs < NOON.getTime() + 70 * MINUTE ? ["b"] : []));
    await pass(2 * HOUR);
    expect(times().slice(-2)).toEqual(["2026-11-27T12:41:00", "2026-11-27T13:10:00"]);
  });

  it("waits half an hour at most", async () => {
    const { times } = started(async () => ["b"], { cron: "5 12 * * *" });
    await pass(3 * HOUR);
    expect(times().slice(-3)).toEqual(["2026-11-27T13:36:00", "2026-11-27T14:06:00", "2026-11-27T14:36:00"]);
  });

  it("is all that was asked for when it throws, and is over when it succeeds", async () => {
    const answers = [
      async () => ["b"],
      async () => {
        throw new Error("the log is away");
      },
      async () => [],
    ];
    const { runs, schedule } = started(async () => (await answers.shift()?.()) ?? []);
    await pass(12 * MINUTE);
    expect(schedule.state().failure).toMatchObject({ message: "the log is away" });
    await pass(30 * MINUTE);
    expect(runs.map(({ left }) => left)).toEqual([undefined, ["b"], ["b"]]);
    expect(schedule.state().failure).toBeUndefined();
  });

  it("is tried again at its time also when the clock is set back by a day meanwhile", async () => {
    const { runs } = started(async () => ["b"]);
    await pass(10 * MINUTE + 30 * SECOND);
    step(-24 * HOUR);
    await pass(MINUTE);
    expect(runs).toHaveLength(2);
  });
});

describe("stopping", () => {
  it("ends a pause at once", async () => {
    const { runs, schedule } = started(async () => ["b"]);
    await pass(10 * MINUTE + 5 * SECOND);
    await schedule.stop();
    await pass(HOUR);
    expect(runs).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("waits for a run, which it tells, and says nothing of its interruption", async () => {
    let ended = false;
    const { runs, schedule } = started(async (_, signal) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      await Promise.resolve();
      ended = true;
      throw signal.reason;
    });
    await pass(11 * MINUTE);
    await schedule.stop();
    expect(ended).toBe(true);
    expect(warnings).toEqual([]);
    await pass(HOUR);
    expect(runs).toHaveLength(1);
  });
});

it("says how many of its times have passed", () => {
  const { schedule } = started();
  expect(schedule.missed(2, new Date("2026-11-27T10:10:00Z"))).toBe(false);
  expect(schedule.missed(2, new Date("2026-11-27T10:09:59Z"))).toBe(true);
});
