import type { Block, Document, Row } from "../document/document.js";
import { paragraph, quiet, section, strong } from "../document/blocks.js";
import { CHARTS } from "./charts.js";

/** A document with every kind of block, for tests of what renders them. */

export const NAMES: readonly string[] = [
  "Checkout",
  "=HYPERLINK(\"https://example.com\")",
  "+1-2",
  "@SUM(A1)",
  "-3+4",
  "<script>alert('x')</script> & \"quotes\"",
  "Größe, naïve façade 💸🚀",
  "شبكة الدفع",
  "צוות תשלומים",
  "x".repeat(300),
  "many words ".repeat(30).trim(),
  "a\u0000b\u202ec\nd",
];

function rowsOf(count: number): Row[] {
  return Array.from({ length: count }, (_, at) => ({
    cells: [
      NAMES[at % NAMES.length] ?? "",
      "your 2 of 10 runs",
      { cents: BigInt(at * 7_919 + 1) },
      at % 5 === 0 ? undefined : { cents: BigInt(at * 31 - 200), signed: true },
      `${at % 100}.0 %`,
    ],
    ...(at === 3 && { tone: "danger" as const }),
  }));
}

export function tableOf(count: number): Block {
  const rows = rowsOf(count);
  const sum = (column: number): bigint =>
    rows.reduce((total, { cells }) => {
      const cell = cells[column];
      return total + (typeof cell === "object" ? cell.cents : 0n);
    }, 0n);
  return {
    kind: "table",
    columns: [
      { head: "Service", of: "text" },
      { head: "How your share is found", of: "text", under: true },
      { head: "Your share", of: "amount" },
      { head: "Since October", of: "amount" },
      { head: "Part", of: "percent" },
    ],
    rows,
    totals: [
      { cells: ["Total", "", { cents: sum(2) }, { cents: sum(3), signed: true }, ""], adds: "rows" },
      { cells: ["Corrections", "", { cents: -500n }, undefined, ""] },
      { cells: ["Charged", "", { cents: sum(2) - 500n }, undefined, ""], adds: [0, 1] },
    ],
  };
}

export function documentOf(...blocks: readonly Block[]): Document {
  return {
    title: "Search: USD 12.00 in November 2026 (provisional)",
    preheader: "12 % of the budget",
    kicker: "Monthly cost report · November 2026 · cost center cc-search",
    heading: "Search",
    currency: "USD",
    blocks,
    footer: ["Charging basis: net amortised cost of the bill.", "Days are in UTC."],
  };
}

export const EVERYTHING: Document = documentOf(
  { kind: "figure", amount: "USD 3,120.44", beside: "in November 2026" },
  {
    kind: "meter",
    tone: "warning",
    used: 250_000n,
    expected: 383_000n,
    budget: 320_000n,
    says: "78.1 % of the budget of USD 3,200.00 is used; USD 3,830.00 are expected.",
  },
  {
    kind: "note",
    tone: "warning",
    lines: ["78.1 % of the budget of USD 3,200.00 is used.", "USD 410.00 more than on the same days of October."],
  },
  quiet("Provisional: figures can change until 5 December 2026."),
  strong("With corrections of earlier months USD 3,125.44 are charged."),
  section("What it is made of", { ...(tableOf(6) as Extract<Block, { kind: "table" }>), bars: 2 }),
  section("Pictures", ...CHARTS),
  section("Services that teams share", tableOf(90)),
  section(
    "What would save",
    { kind: "bullets", items: ["Smaller requests of search-api: about USD 120 a month.", NAMES.join(" ")] },
    { kind: "code", text: "resources:\n  requests:\n    cpu: 500m\n\n    memory: 1Gi" },
  ),
  section("Questions", paragraph("Write to finops@example.com.")),
);
