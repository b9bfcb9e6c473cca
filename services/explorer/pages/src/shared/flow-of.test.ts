import { expect, it } from "vitest";
import type { SharedServices } from "../data/shapes.js";
import { flowOf, OTHERS, unseenOf } from "./flow-of.js";

type Service = SharedServices["services"][number];

const service = (pool: string, amount: string, shares: readonly (readonly [string, string])[]): Service => ({
  category: "shared",
  pool,
  name: pool.toUpperCase(),
  amount,
  drivers: ["runs"],
  shares: shares.map(([payer, share]) => ({ payer, amount: share, because: [] })),
});
const sumInto = (to: string, flow: ReturnType<typeof flowOf>): bigint =>
  flow.streams.reduce((sum, each) => (each.to === to ? sum + each.cents : sum), 0n);
const name = (payer: string): string => payer;

it("flows every cent from services to payers, of those that are not seen too", () => {
  const services = [
    service("mlflow", "10.00", [
      ["a", "6.00"],
      ["b", "3.00"],
    ]),
    service("metrics", "4.00", [["a", "4.00"]]),
  ];
  const flow = flowOf(services, undefined, name);
  expect(flow.streams.reduce((sum, { cents }) => sum + cents, 0n)).toBe(1_400n);
  expect([sumInto("a", flow), sumInto("b", flow), sumInto(OTHERS, flow)]).toEqual([1_000n, 300n, 100n]);
  expect(services.map(unseenOf)).toEqual([100n, 0n]);
});

it("shows of one team what it pays beside everybody else", () => {
  const flow = flowOf([service("mlflow", "10.00", [["a", "6.00"]])], "a", name);
  expect(flow.to.map((each) => each.name)).toEqual(["a", "Everybody else"]);
  expect([sumInto("a", flow), sumInto(OTHERS, flow)]).toEqual([600n, 400n]);
});

it("names the costliest, and lets the others flow together: two hundred teams lose no cent", () => {
  const teams = Array.from({ length: 200 }, (_, at) => [`t${at}`, `${at + 1}.00`] as const);
  const services = Array.from({ length: 30 }, (_, at) => service(`pool-${at}`, "20100.00", teams));
  const flow = flowOf(services, undefined, name);
  expect([flow.from.length, flow.to.length]).toEqual([10, 12]);
  expect(flow.streams.reduce((sum, { cents }) => sum + cents, 0n)).toBe(30n * 2_010_000n);
  expect(flow.to.at(-1)?.name).toBe("189 others");
});
