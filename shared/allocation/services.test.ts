import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPicos, parsePicos } from "@apportion/domain/money";
import { splitExactly } from "@apportion/domain/split";
import { closedLoops, endToEnd, grossCosts, type ServiceWeights, WHOLE } from "./services.js";

const service = (
  id: string,
  services: Record<string, bigint>,
  others: Record<string, bigint>,
): ServiceWeights => ({
  id,
  services: new Map(Object.entries(services)),
  others: new Map(Object.entries(others)),
});

/** What ends with whom, without who ends with nothing. */
function ratiosOf(services: readonly ServiceWeights[]): Map<string, Map<string, bigint>> {
  const { others, sharesOf } = endToEnd(services);
  return new Map(
    services.map(({ id }, index) => {
      const shares = sharesOf(index);
      const all = others.map((key, column) => [key, shares[column] ?? 0n] as const);
      return [id, new Map(all.filter(([, share]) => share > 0n))];
    }),
  );
}

/** HR serves DP with 20 % and RM with 10 %; DP serves HR with 8 % and RM with 7 %; RM serves nobody but the teams. */
const TEXTBOOK = [
  service("hr", { dp: 20n, rm: 10n }, { cutting: 30n, assembly: 40n }),
  service("dp", { hr: 8n, rm: 7n }, { cutting: 55n, assembly: 30n }),
  service("rm", {}, { cutting: 60n, assembly: 40n }),
];
const COSTS = ["80000", "120000", "40000"].map(parsePicos);
const cents = (picos: bigint): string => Number(formatPicos(picos)).toFixed(2);

describe("services that serve each other", () => {
  it("cost what the literature says", () => {
    expect(grossCosts(TEXTBOOK, COSTS).map(cents)).toEqual(["91056.91", "138211.38", "58780.49"]);
  });

  it("hand on their own cost, and nothing but it, to the last of the 12 places", () => {
    const ratios = ratiosOf(TEXTBOOK);
    const charged = TEXTBOOK.flatMap(({ id }, index) =>
      splitExactly(COSTS[index] ?? 0n, [...(ratios.get(id)?.values() ?? [])]),
    );
    expect(formatPicos(charged.reduce((total, amount) => total + amount, 0n))).toBe("240000");
    // By the grossed-up costs: 0.30 × 91,056.91 + 0.55 × 138,211.38 + 0.60 × 58,780.49.
    const cutting = TEXTBOOK.reduce((total, { id }, index) => {
      const [first = 0n] = splitExactly(COSTS[index] ?? 0n, [
        ratios.get(id)?.get("cutting") ?? 0n,
        ratios.get(id)?.get("assembly") ?? 0n,
      ]);
      return total + first;
    }, 0n);
    expect(cents(cutting)).toBe("138601.63");
  });

  it("are refused by name when they serve only each other", () => {
    const loop = [
      service("prometheus", { argocd: 1n }, {}),
      service("argocd", { prometheus: 3n }, {}),
      service("mlflow", { argocd: 1n }, { a: 1n }),
    ];
    expect(closedLoops(loop)).toEqual(["prometheus", "argocd"]);
    expect(() => endToEnd(loop)).toThrow("prometheus, argocd serve only each other");
  });

  it(
    "end with the teams whatever they take of each other: 100 services, all of them each other's",
    { timeout: 30_000 },
    () => {
      const ids = Array.from({ length: 100 }, (_, index) => `s${index}`);
      const services = ids.map((id, row) => ({
        id,
        services: new Map(
          ids.filter((other) => other !== id).map((other, at) => [other, BigInt(1 + ((row * at) % 17))]),
        ),
        others: new Map([[`t${row % 7}`, 1n]]),
      }));
      for (const shares of ratiosOf(services).values())
        expect([...shares.values()].reduce((total, share) => total + share, 0n)).toBe(WHOLE);
    },
  );

  it("add up to one for any weights with a way out", () => {
    const weight = fc.bigInt({ min: 0n, max: 10n ** 20n });
    const anyServices = fc
      .array(fc.record({ toA: weight, toB: weight, toC: weight, team: weight, other: weight }), {
        minLength: 3,
        maxLength: 3,
      })
      .map((rows) =>
        rows.map(({ toA, toB, toC, team, other }, index) => {
          const id = "abc"[index] ?? "";
          const positive = (entries: [string, bigint][]): Map<string, bigint> =>
            new Map(entries.filter(([taker, value]) => value > 0n && taker !== id));
          return {
            id,
            services: positive([
              ["a", toA],
              ["b", toB],
              ["c", toC],
            ]),
            others: positive([
              ["t", team],
              ["u", other],
            ]),
          };
        }),
      )
      .filter((services) => closedLoops(services).length === 0);
    fc.assert(
      fc.property(anyServices, (services) => {
        for (const shares of ratiosOf(services).values())
          expect([...shares.values()].reduce((total, share) => total + share, 0n)).toBe(WHOLE);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("services of a platform", () => {
  const told = (services: readonly ServiceWeights[]): unknown =>
    Object.fromEntries(
      [...ratiosOf(services)].map(([id, ratios]) => [
        id,
        Object.fromEntries([...ratios].map(([key, ratio]) => [key, formatPicos(ratio)])),
      ]),
    );

  it("reach everybody else in ratios that add up to one, the last unit by the order of the keys", () => {
    expect(told([service("x", {}, { c: 1n, a: 1n, b: 1n })])).toEqual({
      x: { a: "0.333333333334", b: "0.333333333333", c: "0.333333333333" },
    });
    const [ratios] = ratiosOf([service("x", {}, { c: 1n, a: 1n, b: 1n })]).values();
    expect([...(ratios?.keys() ?? [])]).toEqual(["a", "b", "c"]);
  });

  it("leave out who ends with nothing", () => {
    expect(
      told([service("x", { y: 1n }, {}), service("y", {}, { a: 2n, b: 2n }), service("z", {}, { c: 1n })]),
    ).toEqual({
      x: { a: "0.5", b: "0.5" },
      y: { a: "0.5", b: "0.5" },
      z: { c: "1" },
    });
  });

  it("reach teams through chains and back and forth", () => {
    // x keeps half with a, half goes to y, of which a third comes back: a has 1/2 ÷ (1 − 1/6) = 3/5 of x.
    const both = [service("x", { y: 1n }, { a: 1n }), service("y", { x: 1n }, { b: 2n })];
    expect(told(both)).toEqual({ x: { a: "0.6", b: "0.4" }, y: { a: "0.2", b: "0.8" } });
    const chain = [service("x", { y: 1n }, {}), service("y", { z: 1n }, {}), service("z", {}, { a: 1n })];
    expect(told(chain)).toEqual({ x: { a: "1" }, y: { a: "1" }, z: { a: "1" } });
    expect(told(chain.toReversed())).toEqual({ x: { a: "1" }, y: { a: "1" }, z: { a: "1" } });
  });

  it("are in no loop where one of them has a way out, however far", () => {
    const ring = [
      service("x", { y: 1n }, {}),
      service("y", { z: 1n }, {}),
      service("z", { x: 1n }, { a: 1n }),
    ];
    expect(closedLoops(ring)).toEqual([]);
    expect(closedLoops([])).toEqual([]);
    expect(closedLoops([service("x", {}, {}), service("y", { x: 1n }, {})])).toEqual(["x", "y"]);
  });

  it("cost in all what they take of each other too; credits likewise", () => {
    const both = [service("x", { y: 1n }, { a: 1n }), service("y", { x: 1n }, { b: 2n })];
    const gross = (x: string, y: string): string[] =>
      grossCosts(both, [parsePicos(x), parsePicos(y)]).map(formatPicos);
    // x = 100 + y ÷ 3, y = 50 + x ÷ 2
    expect(gross("100", "50")).toEqual(["140", "120"]);
    expect(gross("-100", "-50")).toEqual(["-140", "-120"]);
    expect(gross("100", "0")).toEqual(["120", "60"]);
    expect(gross("0", "0")).toEqual(["0", "0"]);
  });

  it("are refused by name in gross costs too", () => {
    expect(() => grossCosts([service("x", { y: 1n }, {}), service("y", { x: 1n }, {})], [1n, 1n])).toThrow(
      "x, y serve only each other: their cost has no taker",
    );
  });
});
