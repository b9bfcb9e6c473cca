import { describe, expect, it } from "vitest";
import type { Correction } from "@apportion/books/months/read-corrections";
import { parseBillingPeriod } from "@apportion/domain/period";
import type { Table } from "../document/document.js";
import { chargedText, correctedMonthTable, correctionReason, correctionsTitle, correctionTable, decisionSentences } from "./corrections.js";

const of = (correction: Partial<Correction>): Correction => ({
  kind: "correction",
  reason: "",
  correctsPeriod: parseBillingPeriod("2026-10"),
  ownerKind: "team",
  teamId: "nlp",
  costCenter: "cc-7",
  category: "object-storage",
  pool: "",
  cents: 1193n,
  editions: [2],
  ...correction,
});
const ADJUSTED = of({
  kind: "adjustment",
  reason: "The experiment was search's",
  category: "adjustment",
  cents: -12_050n,
});
const OWN = [of({}), of({ kind: "decision", reason: "Owners corrected", cents: 7n }), ADJUSTED];

describe("what is posted beside a statement", () => {
  const cellsOf = ({ rows, totals }: Table): unknown => [...rows, ...totals].map(({ cells }) => cells);

  it("is said line by line: what sources restated, what was decided again, and what was moved with why", () => {
    expect(cellsOf(correctionTable(OWN, { sharedServices: [] }))).toEqual([
      ["October 2026, S3 storage", { cents: 1193n }],
      ["October 2026, S3 storage, decided again", { cents: 7n }],
      ["Adjustment of October 2026: The experiment was search's, approved by two people", { cents: -12_050n }],
      ["Total", { cents: -10_850n }],
    ]);
    expect([correctionsTitle(OWN), correctionsTitle([of({})])]).toEqual([
      "Corrections, decisions and adjustments",
      "Corrections of earlier months",
    ]);
  });

  it("says once why a month was decided again", () => {
    expect(decisionSentences([...OWN, ...OWN])).toEqual([
      "October 2026 was decided again, by two people: Owners corrected.",
    ]);
  });

  it("is named in files with why two people moved it", () => {
    expect(OWN.map(correctionReason)).toEqual([
      "correction-of-2026-10",
      "decision-of-2026-10: Owners corrected",
      "adjustment-of-2026-10: The experiment was search's",
    ]);
  });

  it("is said to finance by month, with both sides of each adjustment, and adds up", () => {
    const other = of({ ...ADJUSTED, teamId: "search", cents: 12_050n });
    expect(cellsOf(correctedMonthTable([...OWN, other]))).toEqual([
      ["October 2026, 1 team", { cents: 1193n }],
      ["Decision on October 2026, 1 team: Owners corrected", { cents: 7n }],
      ["Adjustment of October 2026, nlp: The experiment was search's", { cents: -12_050n }],
      ["Adjustment of October 2026, search: The experiment was search's", { cents: 12_050n }],
      ["Total", { cents: 1200n }],
    ]);
  });

  it("is in the sentence below the headline by its name", () => {
    const text = (corrections: readonly Correction[]): string[] =>
      chargedText(20_000n, { corrections, currency: "USD", period: parseBillingPeriod("2026-11") });
    expect(text([])).toEqual([]);
    expect(text([of({})])).toEqual([
      "+ USD 11.93 corrections of October 2026 = USD 211.93 charged in November 2026",
    ]);
    expect(text([ADJUSTED])).toEqual([
      "- USD 120.50 adjustments of October 2026 = USD 79.50 charged in November 2026",
    ]);
    expect(text(OWN)).toEqual([
      "- USD 108.50 corrections, decisions and adjustments of October 2026 = USD 91.50 charged in November 2026",
    ]);
  });
});
