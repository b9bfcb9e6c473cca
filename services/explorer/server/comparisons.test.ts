import { afterAll, beforeAll, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { BOOKS_TIMEOUT_MS, openTestBooks, type TestBooks } from "../testing/books.js";
import { keepBooks } from "./kept-books.js";

let books: TestBooks;
beforeAll(async () => {
  books = await openTestBooks();
}, BOOKS_TIMEOUT_MS);
afterAll(() => books.close());

it("a payer's comparison is the same whether everybody's is at hand or not", async () => {
  const { comparisonOf } = keepBooks(books.deps);
  const months = { before: parseBillingPeriod("2026-10"), after: parseBillingPeriod("2026-11") };
  const alone = await comparisonOf(months, ["team/search"]);
  const all = await comparisonOf(months);
  expect(await comparisonOf(months, ["team/search"])).toEqual(alone);
  expect(all.payers.find(({ teamId }) => teamId === "search")).toEqual(alone.payers[0]);
  expect(alone.payers[0]?.movements).not.toEqual([]);
}, 60_000);
