import { describe, expect, it } from "vitest";
import { parseDay } from "@apportion/domain/period";
import { kubernetesPrices } from "./kubernetes-prices.js";

const FIRST = parseDay("2026-11-02");
const SECOND = parseDay("2026-11-03");
const price = (day: typeof FIRST, cluster: string, machines: bigint, account = "main") => ({
  day,
  cluster,
  account,
  machines,
  volumes: 0n,
  loadBalancers: 0n,
});

describe("kubernetesPrices", () => {
  it("gives each cluster the difference of the days on which it had a cost", () => {
    const prices = [price(FIRST, "one", 30n), price(FIRST, "two", 10n), price(SECOND, "two", 20n)];
    const { clusters, rateVariance, rateVariancePercent } = kubernetesPrices(prices, [
      { day: FIRST, account: "main", amount: -4n },
      { day: SECOND, account: "main", amount: 10n },
    ]);
    expect(clusters.map(({ cluster, rateVariance: own }) => [cluster, own])).toEqual([
      ["one", -3n],
      ["two", 9n],
    ]);
    expect(rateVariance).toBe(6n);
    expect(rateVariancePercent).toBe("23.34");
  });

  it("leaves clusters on another bill, or on none, alone", () => {
    const prices = [
      price(FIRST, "one", 10n),
      price(FIRST, "two", 10n, "other"),
      price(FIRST, "own", 70n, "none"),
    ];
    const { clusters, rateVariancePercent } = kubernetesPrices(prices, [
      { day: FIRST, account: "main", amount: 4n },
      { day: FIRST, account: "other", amount: -6n },
    ]);
    expect(clusters.map(({ cluster, rateVariance }) => [cluster, rateVariance])).toEqual([
      ["one", 4n],
      ["own", 0n],
      ["two", -6n],
    ]);
    expect(rateVariancePercent).toBe("50.00");
  });

  it("has no percentage of nothing", () => {
    const { clusters, rateVariancePercent } = kubernetesPrices(
      [],
      [{ day: FIRST, account: "main", amount: 5n }],
    );
    expect(rateVariancePercent).toBeNull();
    expect(clusters).toMatchObject([{ cluster: "no cluster", rateVariance: 5n }]);
    expect(kubernetesPrices([price(FIRST, "one", 1n)], []).rateVariancePercent).toBe("0.00");
  });
});
