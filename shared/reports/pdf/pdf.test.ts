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

/** Each word with its edges, in points. */
async function words(document: Document): Promise<{ word: string; left: number; right: number }[]> {
  const file = join(folder, "edges.pdf");
  writeFileSync(file, await renderPdf(document, PROVISIONAL));
  const { stdout } = spawnSync("pdftotext", ["-bbox", file, "-"], { encoding: "utf8" });
  return [...stdout.matchAll(/xMin="([\d.]+)".* xMax="([\d.]+)" yMax.*>(.*)<\/word>/g)].map(
    ([, left, right, word = ""]) => ({ word, left: Number(left), right: Number(right) }),
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

    it("has words that are read from the right begin there, with the numbers between them, and all else where it stands", async () => {
      const line = "Team \u05e6\u05d5\u05d5\u05ea 7 \u05d7\u05d9\u05e4\u05d5\u05e9 pays";
      const drawn = await words(documentOf({ kind: "paragraph", weight: "plain", text: line }));
      // Poppler gives their letters as they stand from the left.
      const leftOf = (word: string): number | undefined =>
        drawn.find((each) => each.word === word || each.word === Array.from(word).toReversed().join(""))?.left;
      const [, first = "", number = "", second = ""] = line.split(" ");
      const inOrder = ["Team", second, number, first, "pays"].map(leftOf);
      expect(inOrder).toEqual(inOrder.toSorted((a = Number.NaN, b = Number.NaN) => a - b));
      expect(inOrder).not.toContain(undefined);
    });

    it("draws charts as lines and letters that can be searched", async () => {
      const text = (await read(EVERYTHING)).pages.join("");
      expect(text).toContain("Purchases of savings plans");
      expect(text).toContain("USD 184,220.10");
      expect(text).toContain("Budget USD 3,200.00");
    });
  });
});
