import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyLimits, type Limits } from "./limits.js";

const limits = (caps: Record<string, bigint>, minimums: Record<string, bigint> = {}): Limits => ({
  caps: new Map(Object.entries(caps)),
  minimums: new Map(Object.entries(minimums)),
  teams: new Set(["a", "b", "c", "d", "e"]),
});
const shares = (of: Record<string, bigint>): Map<string, bigint> => new Map(Object.entries(of));
const changes = (of: Record<string, bigint>, within: Limits): unknown => {
  const { shares: limited, remainder } = applyLimits(shares(of), within);
  return [Object.fromEntries(limited.map(({ teamId, change }) => [teamId, change])), remainder];
};

describe("caps and minimum charges", () => {
  it("leave shares within them alone", () => {
    expect(changes({ a: 60n, b: 40n }, limits({ a: 60n }, { b: 40n }))).toEqual([{}, 0n]);
  });

  it("let the others pay what one is spared, in proportion, and spare them what one is charged", () => {
    expect(changes({ a: 60n, b: 30n, c: 10n }, limits({ a: 40n }))).toEqual([{ a: -20n, b: 15n, c: 5n }, 0n]);
    expect(changes({ a: 60n, b: 40n }, limits({}, { c: 10n }))).toEqual([{ a: -6n, b: -4n, c: 10n }, 0n]);
  });

  it("go on when the others reach their own limits, and leave what no one may pay", () => {
    expect(changes({ a: 60n, b: 30n, c: 10n }, limits({ a: 40n, b: 35n }))).toEqual([
      { a: -20n, b: 5n, c: 15n },
      0n,
    ]);
    expect(changes({ a: 60n, b: 40n }, limits({ a: 30n, b: 30n }))).toEqual([{ a: -30n, b: -10n }, 40n]);
    expect(changes({ a: 1n, b: 1n }, limits({}, { a: 5n, b: 5n }))).toEqual([{ a: 4n, b: 4n }, -8n]);
  });

  it("hold a minimum for a team that would get something back, and leave teams alone that have left", () => {
    expect(changes({ a: 100n, b: -50n }, limits({}, { b: 10n }))).toEqual([{ a: -60n, b: 60n }, 0n]);
    expect(changes({ a: 60n, b: 30n, gone: 30n }, limits({ a: 40n }))).toEqual([{ a: -20n, b: 20n }, 0n]);
  });

  it("add up to zero and hold, whatever the shares and the limits are", () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 15n });
    const some = fc.dictionary(fc.constantFrom("a", "b", "c", "d", "e"), amount);
    fc.assert(
      fc.property(some, some, some, (of, caps, given) => {
        const minimums = Object.fromEntries(
          Object.entries(given).map(([id, least]) => [
            id,
            least > (caps[id] ?? least) ? (caps[id] ?? 0n) : least,
          ]),
        );
        const { shares: limited, remainder } = applyLimits(shares(of), limits(caps, minimums));
        expect(limited.reduce((sum, { change }) => sum + change, remainder)).toBe(0n);
        const after = shares(of);
        for (const { teamId, change } of limited) after.set(teamId, (after.get(teamId) ?? 0n) + change);
        const broken = [...after].filter(
          ([id, now]) => now > (caps[id] ?? now) || now < (minimums[id] ?? 0n) || now < 0n,
        );
        expect(broken).toEqual([]);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("a share within limits", () => {
  const told = (of: Record<string, bigint>, within: Limits): unknown =>
    applyLimits(shares(of), within).shares.map(
      ({ teamId, change, because }) => `${teamId} ${change} ${because}`,
    );

  it("says whether it is a cap, a minimum, or the limits of others, by team id", () => {
    expect(told({ c: 60n, b: 30n, a: 10n }, limits({ c: 40n }))).toEqual([
      "a 5 limits-of-others",
      "b 15 limits-of-others",
      "c -20 cap",
    ]);
    expect(told({ b: 60n, a: 1n }, limits({}, { a: 11n }))).toEqual([
      "a 10 minimum",
      "b -10 limits-of-others",
    ]);
  });

  it("may be at its cap or its minimum to the unit", () => {
    expect(told({ a: 60n, b: 40n }, limits({ a: 60n, b: 40n }, { a: 60n, b: 40n }))).toEqual([]);
    expect(told({ a: 61n, b: 40n }, limits({ a: 60n }))).toEqual(["a -1 cap", "b 1 limits-of-others"]);
    expect(told({ a: 60n, b: 39n }, limits({}, { b: 40n }))).toEqual([
      "a -1 limits-of-others",
      "b 1 minimum",
    ]);
  });

  it("that is negative stays without a minimum, also under a cap, and takes no part in what others are spared", () => {
    expect(told({ a: 100n, b: -50n }, limits({ a: 40n, b: 0n }))).toEqual(["a -60 cap"]);
    expect(applyLimits(shares({ a: 100n, b: -50n }), limits({ a: 40n })).remainder).toBe(60n);
    expect(told({ a: 100n, b: -50n }, limits({}, { b: 10n }))).toEqual([
      "a -60 limits-of-others",
      "b 60 minimum",
    ]);
  });

  it("of nothing goes up to a minimum, and is given nothing of what others are spared", () => {
    expect(told({ a: 50n, b: 0n, c: 50n }, limits({ a: 40n }))).toEqual([
      "a -10 cap",
      "c 10 limits-of-others",
    ]);
    expect(applyLimits(shares({ a: 0n, b: 0n }), limits({}, { a: 5n }))).toEqual({
      shares: [{ teamId: "a", change: 5n, because: "minimum" }],
      remainder: -5n,
    });
  });

  it("is settled on the side that is further out first: settling it can bring the other within its limits", () => {
    // a is 20 above its cap, b 5 below its minimum: what a is spared lifts b above it.
    expect(told({ a: 60n, b: 15n, c: 25n }, limits({ a: 40n }, { b: 20n }))).toEqual([
      "a -20 cap",
      "b 8 limits-of-others",
      "c 12 limits-of-others",
    ]);
    // b is 30 below its minimum, a 5 above its cap: what b is charged brings a below it.
    expect(told({ a: 45n, b: 10n, c: 45n }, limits({ a: 40n }, { b: 40n }))).toEqual([
      "a -15 limits-of-others",
      "b 30 minimum",
      "c -15 limits-of-others",
    ]);
    // Both as far out: the cap goes first.
    expect(told({ a: 50n, b: 10n, c: 40n }, limits({ a: 40n }, { b: 20n }))).toEqual([
      "a -10 cap",
      "b 10 minimum",
    ]);
  });

  it("of a team that has left is none that a minimum brings back", () => {
    expect(told({ a: 10n }, limits({}, { gone: 5n }))).toEqual([]);
    expect(told({ gone: -5n, a: 10n }, limits({}, { gone: 5n }))).toEqual([]);
  });
});
