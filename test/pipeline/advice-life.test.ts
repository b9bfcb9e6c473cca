import { afterEach, beforeEach, expect, it } from "vitest";
import { type AdviceDecision, decideOnAdvice } from "@apportion/advisor/decide";
import { readAdvice } from "@apportion/books/advice/read-advice";
import { type AdviceLife, readLives } from "@apportion/books/advice/read-life";
import { type Viewer, WITHOUT_NAMES } from "@apportion/books/viewer";
import type { CostFactRow } from "@apportion/domain/facts";
import { formatPicos } from "@apportion/domain/money";
import { addDays, type Day, daysBetween, parseDay } from "@apportion/domain/period";
import { collected, cpuHours, LEAN, workload } from "./advised-platform.js";
import { openTestPlatform, publishAll, type TestPlatform } from "./platform.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const ACCEPTED = parseDay("2026-11-24");

/** A notebook, with a GPU that it does not use or without. */
const notebook = (gpu: string): CostFactRow =>
  workload({
    namespace: "team-a",
    controller: "notebook",
    cpu_cost: "1",
    gpu_cost: gpu,
    gpu_hours: gpu,
    ...cpuHours("24", "14"),
  });

/** @param part of Kubecost's prices that the bill is */
async function days(from: Day, to: Day, gpu: string, part = 2n): Promise<void> {
  const readings = daysBetween(from, to).flatMap((day) => collected(day, [...LEAN, notebook(gpu)], part));
  const now = `${to}T06:00:00Z`;
  await publishAll(test.log, readings, now);
  await test.settle({ now });
}

async function livesOn(today: Day, viewer: Viewer = WITHOUT_NAMES): Promise<readonly AdviceLife[]> {
  const { registry } = test.platform;
  const asked = { registry, today, minimumAMonth: "10", viewer };
  return readLives(test.clickhouse, asked, await readAdvice(test.clickhouse, asked));
}

async function decide(decision: AdviceDecision): Promise<void> {
  const { registry } = test.platform;
  const asked = { registry, today: ACCEPTED, minimumAMonth: "10", viewer: WITHOUT_NAMES };
  const [found] = (await readAdvice(test.clickhouse, asked)).recommendations;
  if (!found) throw new Error("nothing is advised");
  const clock = (): Date => new Date(`${ACCEPTED}T12:00:00Z`);
  await decideOnAdvice({ clickhouse: test.clickhouse, clock }, found, decision);
}

const told = (lives: readonly AdviceLife[]): unknown[] =>
  lives.map(({ life, team, realised }) => [
    life.state,
    team,
    realised && formatPicos(realised.reduce((sum, { picos }) => sum + picos, 0n)),
  ]);

it("goes from accepted to done, with what was saved at the price of each day, and says so when it comes back", async () => {
  await days(addDays(ACCEPTED, -30), ACCEPTED, "24");
  expect(told(await livesOn(ACCEPTED))).toEqual([["open", "a", undefined]]);
  await decide({ decision: "accepted", by: "ann" });
  await days(ACCEPTED, parseDay("2026-11-27"), "24");
  expect(told(await livesOn(parseDay("2026-11-27")))).toEqual([["accepted", "a", "0"]]);
  // Two days at half of list price and two at a quarter: a cheaper bill is no saving.
  await days(parseDay("2026-11-27"), parseDay("2026-11-29"), "0");
  await days(parseDay("2026-11-29"), parseDay("2026-12-01"), "0", 4n);
  expect(told(await livesOn(parseDay("2026-12-01")))).toEqual([["done", "a", "36"]]);
  const seenBy = (teams: readonly string[]) => livesOn(parseDay("2026-12-01"), { teams, namesOf: teams });
  expect(told(await seenBy(["a"]))).toEqual([["done", "a", "36"]]);
  expect(await seenBy(["b"])).toEqual([]);
  await days(parseDay("2026-12-01"), parseDay("2026-12-05"), "24");
  const [again] = await livesOn(parseDay("2026-12-05"));
  expect(told(again ? [again] : [])).toEqual([["came-back", "a", "36"]]);
  expect(again?.life.since).toBe("2026-11-30");
});

it("is dismissed until a day, with its reason", async () => {
  await days(addDays(ACCEPTED, -30), ACCEPTED, "24");
  const dismissed = { decision: "dismissed", by: "ann", reason: "a demo next week" } as const;
  await expect(decide({ ...dismissed, until: ACCEPTED })).rejects.toThrow("is not after today");
  await expect(decide({ ...dismissed, reason: " " })).rejects.toThrow("--reason must say why");
  await expect(decide({ ...dismissed, by: "ann\u0007" })).rejects.toThrow("--by may hold no line break");
  await decide({ ...dismissed, until: addDays(ACCEPTED, 3) });
  expect(told(await livesOn(addDays(ACCEPTED, 2)))).toEqual([["dismissed", "a", undefined]]);
  expect(told(await livesOn(addDays(ACCEPTED, 3)))).toEqual([["open", "a", undefined]]);
  // Decided when it was another's: it is decided for both.
  const others = await test.rows(
    "SELECT * REPLACE ('b' AS owner_team, decided_at + INTERVAL 1 SECOND AS decided_at) FROM recommendation_decisions",
  );
  await test.clickhouse.insert({ table: "recommendation_decisions", values: others, format: "JSONEachRow" });
  const seenBy = (team: string) => livesOn(addDays(ACCEPTED, 2), { teams: [team], namesOf: [team] });
  for (const team of ["a", "b"]) expect(told(await seenBy(team))).toEqual([["dismissed", "b", undefined]]);
  expect(await seenBy("c")).toEqual([]);
});

it("outlives the tables", async () => {
  await days(addDays(ACCEPTED, -8), ACCEPTED, "24");
  await decide({ decision: "accepted", by: "ann", reason: "a smaller node" });
  const recovery = await test.platform.recovery();
  await recovery.tell();
  const decisions = (): Promise<unknown[]> => test.rows("SELECT * FROM recommendation_decisions");
  const before = await decisions();
  expect(before).toHaveLength(1);
  await test.clickhouse.command({ query: "TRUNCATE TABLE recommendation_decisions" });
  await expect(recovery.requireWhole()).rejects.toThrow("recommendation_decisions has 0 rows of 1");
  await recovery.putBack("again");
  expect(await decisions()).toEqual(before);
});

it("is measured once where two recommendations about a workload were accepted, and is not done while the other is said", async () => {
  await days(addDays(ACCEPTED, -12), ACCEPTED, "24");
  await decide({ decision: "accepted", by: "ann" });
  const rows = await test.rows(
    "SELECT * REPLACE ('abandoned-workload' AS kind, 'other' AS id, toDateTime64('2026-11-26 12:00:00', 3, 'UTC') AS decided_at) FROM recommendation_decisions",
  );
  await test.clickhouse.insert({ table: "recommendation_decisions", values: rows, format: "JSONEachRow" });
  await days(ACCEPTED, addDays(ACCEPTED, 2), "24");
  const states = (await livesOn(addDays(ACCEPTED, 3))).map(({ id, life }) => [id === "other", life.state]);
  expect(states).toHaveLength(2);
  expect(states).toEqual(
    expect.arrayContaining([
      [false, "accepted"],
      [true, "accepted"],
    ]),
  );
  await days(addDays(ACCEPTED, 3), addDays(ACCEPTED, 6), "0");
  const lives = await livesOn(addDays(ACCEPTED, 6));
  const saved = lives.map(({ realised = [] }) => realised.filter(({ picos }) => picos > 0n).length);
  expect(saved.toSorted((a, b) => a - b)).toEqual([0, 3]);
});
