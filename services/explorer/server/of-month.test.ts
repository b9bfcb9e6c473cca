import { describe, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { rememberedOfMonth } from "./of-month.js";

const SEPTEMBER = parseBillingPeriod("2026-09");
const OCTOBER = parseBillingPeriod("2026-10");
const NOVEMBER = parseBillingPeriod("2026-11");

describe("what is read of a month", () => {
  const opened = () => {
    const books = { version: "1", reads: [] as string[], fails: false };
    const read = rememberedOfMonth(
      async () => books.version,
      async (period, with_: string) => {
        books.reads.push(`${period} ${with_}`);
        if (books.fails) throw new Error("away");
        return `${period} ${with_} of ${books.version}`;
      },
      2,
      (with_) => with_,
    );
    return { books, read };
  };

  it("is read once for all who ask the same, at the same moment too", async () => {
    const { books, read } = opened();
    const answers = await Promise.all([read(OCTOBER, "a"), read(OCTOBER, "a"), read(OCTOBER, "b")]);
    expect(answers).toEqual(["2026-10 a of 1", "2026-10 a of 1", "2026-10 b of 1"]);
    expect(await read(OCTOBER, "a")).toBe("2026-10 a of 1");
    expect(books.reads).toEqual(["2026-10 a", "2026-10 b"]);
  });

  it("is read again once something new is in the books, and when it could not be read", async () => {
    const { books, read } = opened();
    await read(OCTOBER, "a");
    books.version = "2";
    expect(await read(OCTOBER, "a")).toBe("2026-10 a of 2");
    books.fails = true;
    await expect(read(NOVEMBER, "a")).rejects.toThrow("away");
    books.fails = false;
    expect(await read(NOVEMBER, "a")).toBe("2026-11 a of 2");
  });

  it("is forgotten when others were asked about since", async () => {
    const { books, read } = opened();
    for (const month of [SEPTEMBER, OCTOBER, SEPTEMBER, NOVEMBER, SEPTEMBER, OCTOBER]) await read(month, "a");
    expect(books.reads).toEqual(["2026-09 a", "2026-10 a", "2026-11 a", "2026-10 a"]);
  });
});
