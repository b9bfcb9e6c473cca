import { describe, expect, it } from "vitest";
import { paragraph, section, strong } from "./blocks.js";
import type { Block, Document } from "./document.js";
import { documentHtml } from "./mail.js";
import { documentText } from "./text.js";

const documentOf = (...blocks: readonly Block[]): Document => ({
  title: "Search: USD 12.00 in October 2026",
  preheader: "12 % of the budget",
  kicker: "Monthly cost report",
  heading: "Search",
  currency: "USD",
  blocks,
  footer: ["Days are in UTC."],
});

const table: Block = {
  kind: "table",
  columns: [
    { head: "Service", of: "text" },
    { head: "How your share is found", of: "text", under: true },
    { head: "Your share", of: "amount" },
    { head: "Before", of: "amount", under: true },
  ],
  rows: [
    { cells: ["<b>MLflow</b>", "your 2 of 10 runs", { cents: 123_456n }, { cents: 100n }] },
    { cells: ["Feast", "", { cents: -50n, signed: true }, undefined], tone: "danger" },
  ],
  totals: [{ cells: ["Total", "", { cents: 123_406n }, ""], adds: "rows" }],
};

describe("a document", () => {
  it("is text: amounts below their currency, words below what they explain, what is unknown as no zero", () => {
    expect(documentText(documentOf(section("What it is", table, paragraph("Ask."), strong("One"))))).toBe(
      [
        "Search",
        "Monthly cost report",
        "",
        "",
        "WHAT IT IS",
        "  Service        Your share, USD  Before, USD",
        "  <b>MLflow</b>         1,234.56         1.00",
        "    your 2 of 10 runs",
        "  Feast                    -0.50            –",
        "  Total                 1,234.06",
        "",
        "  Ask.",
        "",
        "  One",
        "",
        "Days are in UTC.",
        "",
      ].join("\n"),
    );
  });

  it("is a mail: escaped, numbers to the right, and no wider than a phone since parts stand below each other", () => {
    const html = documentHtml(documentOf(table));
    expect(html).toContain("&lt;b&gt;MLflow&lt;/b&gt;");
    expect(html.match(/<th/g)).toHaveLength(2);
    expect(html).toMatch(/your 2 of 10 runs<\/span/);
    expect(html).toMatch(/text-align:right[^"]*">1,234\.56<br/);
  });

  it("says what a chart shows, and has its amounts as text", () => {
    const chart: Block = {
      kind: "chart",
      shape: "columns",
      title: "Cost of each day",
      says: "USD 2.00 a day on average.",
      labels: ["1 Oct", "2 Oct", "3 Oct"],
      series: [{ name: "Cost", cents: [100n, 300n, undefined], provisional: [1], colour: "cost" }],
    };
    expect(documentText(documentOf(chart))).toContain(
      [
        "USD 2.00 a day on average.",
        "            USD",
        "  1 Oct    1.00  ███████░░░░░░░░░░░░░",
        "  2 Oct *  3.00  ████████████████████",
        "  * can still change",
      ].join("\n"),
    );
    const html = documentHtml(documentOf(chart)).replaceAll("&nbsp;", " ");
    expect(html).toMatch(
      /<img[^>]*alt="USD 2.00 a day on average."[^>]*\/>\s*<div[^>]*>USD 2.00 a day on average. Paler: can still change.</,
    );
  });
});
