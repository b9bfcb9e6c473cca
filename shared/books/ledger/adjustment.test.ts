import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBillingPeriod } from "@apportion/domain/period";
import { adjustmentEntries, adjustmentIdOf, adjustmentJournal, type AdjustedSide } from "./adjustment.js";
import { payerOf } from "../months/month.js";
import { chain, chargedBy, hashOf } from "./journal.js";

const period = fc.constantFrom("2026-09", "2026-10", "2026-11").map(parseBillingPeriod);
const side: fc.Arbitrary<AdjustedSide> = fc.oneof(
  fc.record({ ownerKind: fc.constant("team" as const), teamId: fc.constantFrom("a", "b"), period }),
  fc.record({
    ownerKind: fc.constantFrom("idle" as const, "corporate" as const, "unallocated" as const),
    teamId: fc.constant(""),
    period,
  }),
);
const draft = fc
  .record({
    from: side,
    to: side,
    cents: fc.bigInt({ min: 1n, max: 10n ** 14n }),
    reason: fc.string({ minLength: 1 }),
    preparedBy: fc.constant("analyst"),
    proposedAt: fc.constant("2026-11-20T00:00:00.000Z"),
    expiresAt: fc.constant("2026-12-04T00:00:00.000Z"),
  })
  .filter(({ from, to }) => payerOf(from) !== payerOf(to) || from.period !== to.period)
  .map((said) => ({ ...said, id: adjustmentIdOf(said) }));

describe("an adjustment", () => {
  it("takes exactly the amount from one payer and month, and gives it to the other: nothing else moves", () => {
    fc.assert(
      fc.property(draft, (each) => {
        const said = adjustmentJournal(each, "controller", parseBillingPeriod("2026-11"), (id) => `cc-${id}`);
        const moved = new Map(
          said.entries.map((entry) => {
            if (entry.account === "clearing") throw new Error("sources have no part in it");
            const payer = payerOf({ ownerKind: entry.account, teamId: entry.teamId });
            return [`${payer} ${entry.concerns ?? said.correctsPeriod}`, entry.cents];
          }),
        );
        expect(moved).toEqual(
          new Map([
            [`${payerOf(each.to)} ${each.to.period}`, each.cents],
            [`${payerOf(each.from)} ${each.from.period}`, -each.cents],
          ]),
        );
        // Balanced, and it charges nothing in all.
        const journal = chain(said, { seq: 1n, hash: "" }, new Date(0));
        expect(chargedBy(journal)).toBe(0n);
        const { hash, ...content } = journal;
        expect(hashOf(content)).toBe(hash);
      }),
    );
  });

  it("has an id that says all of it: whoever changes the amount, a side or the day makes it another", () => {
    const other = fc.constantFrom<Partial<Parameters<typeof adjustmentIdOf>[0]>>(
      { cents: 0n },
      { reason: "" },
      { preparedBy: "somebody" },
      { expiresAt: "2027-01-01T00:00:00.000Z" },
      { to: { ownerKind: "team", teamId: "z", period: parseBillingPeriod("2026-10") } },
    );
    fc.assert(
      fc.property(draft, other, (each, changed) => {
        expect(adjustmentIdOf({ ...each, ...changed })).not.toBe(each.id);
        expect(adjustmentIdOf({ ...each })).toBe(each.id);
      }),
    );
  });

  it("posts a team's side to its cost center, and a pool's to none of its own", () => {
    const month = parseBillingPeriod("2026-10");
    const entries = adjustmentEntries(
      {
        from: { ownerKind: "idle", teamId: "", period: month },
        to: { ownerKind: "team", teamId: "a", period: month },
        cents: 5n,
      },
      (id) => `cc-${id}`,
    );
    expect(entries.map(({ account, costCenter, cents }) => [account, costCenter, cents])).toEqual([
      ["team", "cc-a", 5n],
      ["idle", "", -5n],
    ]);
    expect(entries.some((entry) => "concerns" in entry)).toBe(false);
  });
});
