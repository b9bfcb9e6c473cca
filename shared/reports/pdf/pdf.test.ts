import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { documentOf, EVERYTHING, NAMES, tableOf } from "../testing/documents.js";
import type { Document } from "../document/document.js";
import { type Edition, renderPdf } from "./pdf.js";

const PROVISIONAL: Edition = { isFinal: false, date: new Date("2026-11-30T00:00:00Z") };
/** Poppler is what desktops show PDFs with; its tools are in `poppler-utils`. */
const hasPoppler = spawnSync("pdftotext", ["-v"]).error === undefined;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "apportion-pdf-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(document: Document, edition = PROVISIONAL): Promise<{ pages: string[]; complaints: string }> {
  const file = join(folder, "document.pdf");
  writeFileSync(file, await renderPdf(document, edition));
  const { stdout, stderr } = spawnSync("pdftotext", ["-layout", file, "-"], { encoding: "utf8" });
  return { pages: stdout.split("\f").slice(0, -1), complaints: stderr };
}

/** Each word with its edges, in points from the top left corner. */
async function words(document: Document): Promise<{ word: string; left: number; top: number; right: number }[]> {
  const file = join(folder, "edges.pdf");
  writeFileSync(file, await renderPdf(document, PROVISIONAL));
  const { stdout } = spawnSync("pdftotext", ["-bbox", file, "-"], { encoding: "utf8" });
  return [...stdout.matchAll(/xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax.*>(.*)<\/word>/g)].map(
    ([, left, top, right, word = ""]) => ({ word, left: Number(left), top: Number(top), right: Number(right) }),
  );
}

describe("a document as PDF", () => {
  it("is the same bytes each time, and other bytes for another date", async () => {
    const one = await renderPdf(EVERYTHING, PROVISIONAL);
    expect((await renderPdf(EVERYTHING, PROVISIONAL)).equals(one)).toBe(true);
    const later = { ...PROVISIONAL, date: new Date("2026-12-31T00:00:00Z") };
    expect((await renderPdf(EVERYTHING, later)).equals(one)).toBe(false);
    expect(one.subarray(0, 5).toString()).toBe("%PDF-");
  });

  it("takes names as text, and needs no browser for them", async () => {
    for (const name of NAMES) {
      const strange = { ...documentOf({ kind: "note", tone: "danger", lines: [name, name] }), title: name, heading: name, kicker: name };
      expect((await renderPdf(strange, PROVISIONAL)).length).toBeGreaterThan(1_000);
    }
  });

  describe.skipIf(!hasPoppler)("as it is read (skipped without pdftotext)", () => {
    it("says on each page what it is, whether it can change, and which page of how many", async () => {
      const { pages, complaints } = await read(EVERYTHING);
      expect(complaints).toBe("");
      pages.forEach((page, at) => {
        expect(page).toContain("Monthly cost report · November 2026");
        expect(page).toContain("PROVISIONAL");
        expect(page).toContain(`Page ${at + 1} of ${pages.length}`);
      });
      const final = await read(EVERYTHING, { ...PROVISIONAL, isFinal: true });
      expect(final.pages[0]).toContain("Final");
      expect(final.pages.join("")).not.toContain("PROVISIONAL");
    });

    it("repeats the heads of a table that goes over pages, and has its totals with the last row", async () => {
      const { pages } = await read(documentOf(tableOf(200)));
      const ofTable = pages.filter((page) => page.includes("Service"));
      expect(ofTable.length).toBe(pages.length);
      const last = pages.findIndex((page) => /Total +[\d,]+\.\d\d/.test(page));
      expect(pages[last]).toMatch(/\d\d\.0 %\n[^]*Total/);
    });

    it("has each figure of a table exactly", async () => {
      const text = (await read(documentOf(tableOf(120)))).pages.join("");
      for (let at = 0; at < 120; at += 1) {
        const amount = ((at * 7_919 + 1) / 100).toLocaleString("en", { minimumFractionDigits: 2 });
        expect(text).toContain(` ${amount} `);
      }
    });

    it("lets nothing stand outside of the paper's margin, whatever names are like and however many columns there are", async () => {
      const wide = tableOf(20) as Extract<ReturnType<typeof tableOf>, { kind: "table" }>;
      const many = {
        ...wide,
        columns: [...wide.columns, ...wide.columns, ...wide.columns],
        rows: wide.rows.map(({ cells }) => ({ cells: [...cells, ...cells, ...cells] })),
        totals: [],
      };
      for (const document of [EVERYTHING, documentOf(many)])
        expect(Math.max(...(await words(document)).map(({ right }) => right))).toBeLessThan(595.28 - 36);
    });

    it("tells names apart whose letters the font lacks", async () => {
      const names = ["\u{1F534} Rockets", "\u{1F7E2} Rockets", "\u641c\u7d22", "\u641c\u5c0b"];
      const text = (await read(documentOf({ kind: "bullets", items: names }))).pages.join("");
      for (const shown of ["[U+1F534] Rockets", "[U+1F7E2] Rockets", "[U+641C U+7D22]", "[U+641C U+5C0B]"]) expect(text).toContain(shown);
    });

    describe("words that are read from the right", () => {
      const drawnOf = async (text: string) => {
        const drawn = await words(documentOf({ kind: "paragraph", weight: "plain", text }));
        // Poppler gives their letters as they stand from the left.
        return text.split(" ").map((word) => {
          const found = drawn.filter((each) => each.word === word || each.word === Array.from(word).toReversed().join(""));
          expect([word, found.length]).toEqual([word, 1]);
          return found[0] ?? { left: 0, top: 0 };
        });
      };

      it.each([
        // In the order in which they stand from the left.
        ["Teamx \u05e6\u05d5\u05d5\u05ea 7 \u05d7\u05d9\u05e4\u05d5\u05e9 paysx", [0, 3, 2, 1, 4]],
        ["\u05e6\u05d5\u05d5\u05ea \u05d7\u05d9\u05e4\u05d5\u05e9 7 paysx", [2, 1, 0, 3]],
        ["7 \u05e6\u05d5\u05d5\u05ea \u05d7\u05d9\u05e4\u05d5\u05e9", [0, 2, 1]],
        ["paysx 7 x", [0, 1, 2]],
      ])("stand in their order, with numbers among and after them, and all else where it is: %s", async (text, order) => {
        const drawn = await drawnOf(text);
        const fromTheLeft = drawn.map((_, at) => at).toSorted((a, b) => (drawn[a]?.left ?? 0) - (drawn[b]?.left ?? 0));
        expect(fromTheLeft).toEqual(order);
      });

      it("begin on the first of several lines", async () => {
        const letters = Array.from({ length: 20 }, (_, at) => String.fromCodePoint(0x5d0 + at));
        const text = letters.flatMap((one) => letters.slice(0, 3).map((other) => `${one}${one}${one}${other}${one}`)).join(" ");
        const drawn = await drawnOf(text);
        expect(new Set(drawn.map(({ top }) => top)).size).toBeGreaterThan(2);
        drawn.slice(1).forEach((word, at) => {
          const before = drawn[at];
          expect(word.top > (before?.top ?? 0) || (word.top === before?.top && word.left < before.left)).toBe(true);
        });
      });
    });

    it("draws charts as lines and letters that can be searched", async () => {
      const text = (await read(EVERYTHING)).pages.join("");
      expect(text).toContain("Purchases of savings plans");
      expect(text).toContain("USD 184,220.10");
      expect(text).toContain("Budget USD 3,200.00");
    });
  });
});
