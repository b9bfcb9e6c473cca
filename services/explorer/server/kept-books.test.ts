import { afterAll, beforeAll, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { BOOKS_TIMEOUT_MS, openTestBooks, type TestBooks } from "../testing/books.js";
import { keepBooks } from "./kept-books.js";

let books: TestBooks;
beforeAll(async () => {
  books = await openTestBooks();
}, BOOKS_TIMEOUT_MS);
afterAll(() => books.close());

it("what questions begin with is read of months before which there is nothing too", async () => {
  const { begin, monthIfRead } = keepBooks(books.deps);
  for (const month of ["2026-10", "2026-11"].map(parseBillingPeriod)) {
    expect(await monthIfRead(month)).toBeUndefined();
    await begin(month);
    expect((await monthIfRead(month))?.lines).not.toHaveLength(0);
  }
}, 60_000);
