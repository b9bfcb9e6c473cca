import { afterAll, beforeAll, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { EVERYBODY } from "@apportion/books/viewer";
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
  const search = { viewer: { teams: ["search"], namesOf: [] } };
  const alone = await comparisonOf(months, search);
  const all = await comparisonOf(months, { viewer: EVERYBODY });
  expect(await comparisonOf(months, search)).toEqual(alone);
  expect(all.payers.find(({ teamId }) => teamId === "search")).toEqual(alone.payers[0]);
  expect(alone.payers[0]?.movements).not.toEqual([]);
}, 60_000);
