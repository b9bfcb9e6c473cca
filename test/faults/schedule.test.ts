import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FAULTS } from "./families.js";
import { scheduleOf, type Kind } from "./schedule.js";

const kinds: Kind[] = [
  { name: "often", share: 6, holdMs: [0, 100] },
  { name: "seldom", share: 2, holdMs: [5, 5] },
  { name: "long a", share: 1, holdMs: [1_000, 2_000], together: "long" },
  { name: "long b", share: 1, holdMs: [1_000, 2_000], together: "long" },
];

describe("a schedule of faults", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(scheduleOf(7, 50, kinds)).toEqual(scheduleOf(7, 50, kinds));
    expect(scheduleOf(7, 50, kinds)).not.toEqual(scheduleOf(8, 50, kinds));
  });

  it("has as many faults as were asked for, in proportion to their shares", () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.integer({ min: 1, max: 400 }), (seed, count) => {
        const planned = scheduleOf(seed, count, kinds).flat();
        expect(planned).toHaveLength(count);
        for (const { name, share } of kinds) {
          const times = planned.filter(({ fault }) => fault === name).length;
          expect(Math.abs(times - (count * share) / 10)).toBeLessThan(1);
        }
      }),
    );
  });

  it("holds each fault for a time within its bounds", () => {
    for (const { fault, holdMs } of scheduleOf(3, 200, kinds).flat()) {
      const [shortest, longest] = kinds.find(({ name }) => name === fault)?.holdMs ?? [1, 0];
      expect(holdMs).toBeGreaterThanOrEqual(shortest);
      expect(holdMs).toBeLessThanOrEqual(longest);
    }
  });

  it("lets long faults happen at once on different services, and every other one alone", () => {
    const rounds = scheduleOf(5, 100, kinds);
    const [together, alone] = [
      rounds.filter(({ length }) => length > 1),
      rounds.filter(({ length }) => length === 1),
    ];
    expect(together).toHaveLength(10);
    for (const round of together)
      expect(round.map(({ fault }) => fault).toSorted()).toEqual(["long a", "long b"]);
    expect(alone.flat().map(({ fault }) => fault)).not.toContain("long a");
  });

  it("has every kind of fault there is among a hundred", () => {
    const planned = new Set(scheduleOf(1, 100, FAULTS).flatMap((round) => round.map(({ fault }) => fault)));
    expect([...planned].toSorted()).toEqual(FAULTS.map(({ name }) => name).toSorted());
  });
});
