import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BOOKS_TIMEOUT_MS, openTestBooks, type TestBooks } from "../testing/books.js";
import { readAhead } from "./read-ahead.js";

const LOOK_MS = 20;

let books: TestBooks;
beforeAll(async () => {
  books = await openTestBooks();
}, BOOKS_TIMEOUT_MS);
afterAll(() => books.close());

it("what pages begin with is read once the books are quiet, of months that are open, and again after something new", async () => {
  const asked: string[] = [];
  let looks = 0;
  let isAway = false;
  const begin = async (month: string): Promise<void> => {
    asked.push(month);
    if (isAway) throw new Error("away");
  };
  const clock = (): Date => {
    looks += 1;
    return books.deps.clock();
  };
  const ahead = readAhead({ ...books.deps, clock }, { begin }, LOOK_MS);
  const looked = async (times: number): Promise<void> => {
    const until = looks + times;
    await expect.poll(() => looks, { timeout: 30_000 }).toBeGreaterThan(until);
  };
  try {
    await looked(4);
    expect(asked).toEqual(["2026-11"]);
    isAway = true; // who asks is told; it is not tried for ever
    await books.addDay("2026-11-04");
    await expect.poll(() => asked.length, { timeout: 30_000 }).toBeGreaterThan(1);
    isAway = false;
    const until = asked.length;
    await looked(4);
    expect(asked).toHaveLength(until);
    await books.addDay("2026-11-05");
    await expect.poll(() => asked.length, { timeout: 30_000 }).toBeGreaterThan(until);
  } finally {
    await ahead.stop();
  }
  const until = looks;
  await pause(10 * LOOK_MS);
  expect(looks).toBe(until);
}, 60_000);
