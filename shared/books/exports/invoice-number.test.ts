import { expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import type { StoredJournal } from "../ledger/journals.js";
import { editionsOf, invoiceNumberOf } from "./invoice-number.js";
import { entryOf, journalOf } from "./examples.js";

const [OCTOBER, NOVEMBER] = [parseBillingPeriod("2026-10"), parseBillingPeriod("2026-11")];

it("names team, month and edition", () => {
  const invoice = { month: OCTOBER, ownerKind: "team" as const, teamId: "nlp", edition: 1 };
  expect(invoiceNumberOf(invoice)).toBe("INV-2026-10-nlp-1");
});

it("tells a team that is called as a pool of cost from that pool, and a team with a number from an edition", () => {
  const numbers = [
    { ownerKind: "team" as const, teamId: "idle", edition: 1 },
    { ownerKind: "idle" as const, teamId: "", edition: 1 },
    { ownerKind: "team" as const, teamId: "a", edition: 11 },
    { ownerKind: "team" as const, teamId: "a-1", edition: 1 },
  ].map((invoice) => invoiceNumberOf({ month: OCTOBER, ...invoice }));
  expect(new Set(numbers).size).toBe(4);
});

it("counts what was posted about a month after its statement, whatever month it was posted into", () => {
  const of = { kind: "correction" as const, correctsPeriod: OCTOBER };
  const journals = [
    journalOf({ seq: 1n, journalId: "october" }),
    journalOf({ seq: 2n, journalId: "first", ...of, billingPeriod: NOVEMBER }),
    journalOf({ seq: 3n, journalId: "november", billingPeriod: NOVEMBER }),
    journalOf({ seq: 4n, journalId: "second", ...of, billingPeriod: parseBillingPeriod("2026-12") }),
  ];
  expect(editions(journals.toReversed())).toEqual({
    october: { "2026-10": 1 },
    first: { "2026-10": 2 },
    november: { "2026-11": 1 },
    second: { "2026-10": 3 },
  });
  // What is posted later changes none.
  expect(editions(journals.slice(0, 2))["first"]).toEqual({ "2026-10": 2 });
});

it("counts what moves an amount between two months as an edition of each", () => {
  const of = { billingPeriod: parseBillingPeriod("2026-12"), correctsPeriod: OCTOBER };
  const moved = [entryOf({ concerns: NOVEMBER }), entryOf({ cents: -100n })];
  const journals = [
    journalOf({ seq: 1n, journalId: "october" }),
    journalOf({ seq: 2n, journalId: "corrected", kind: "correction", ...of }),
    journalOf({ seq: 3n, journalId: "moved", kind: "adjustment", ...of, entries: moved }),
    journalOf({ seq: 4n, journalId: "later", kind: "correction", ...of, correctsPeriod: NOVEMBER }),
  ];
  expect(editions(journals)).toMatchObject({
    moved: { "2026-10": 3, "2026-11": 2 },
    later: { "2026-11": 3 },
  });
});

function editions(journals: readonly StoredJournal[]): Record<string, Record<string, number>> {
  return Object.fromEntries(
    Array.from(editionsOf(journals), ([id, ofMonths]) => [id, Object.fromEntries(ofMonths)]),
  );
}
