import { expect, it } from "vitest";
import type { PrintedMovement } from "@apportion/books/compare/comparison";
import { changeRows, largestChanges } from "./largest-changes.js";

const movement = (cents: bigint, rest: Partial<PrintedMovement> = {}): PrintedMovement => ({
  effect: "pool-cost",
  subject: { of: "pool", pool: `pool${cents}` },
  category: "shared",
  picos: cents * 10n ** 10n,
  cents,
  before: 0n,
  after: 0n,
  ...rest,
});

it("a report shows the three largest changes that somebody can do something about", () => {
  const largest = largestChanges([
    movement(-900n, { effect: "days" }),
    movement(800n, { effect: "corrections" }),
    movement(-70n),
    movement(60n),
    movement(5n),
    movement(4n),
  ]);
  const registry = { sharedServices: [] };
  expect(changeRows(largest, registry)).toEqual([
    { what: "cost of shared pools: pool-70", cents: -70n },
    { what: "cost of shared pools: pool60", cents: 60n },
    { what: "cost of shared pools: pool5", cents: 5n },
    { what: "more or fewer days, of what runs by the hour", cents: -900n },
  ]);
  expect([largestChanges([movement(0n)]), undefined].map((each) => changeRows(each, registry))).toEqual([
    [],
    [],
  ]);
});
