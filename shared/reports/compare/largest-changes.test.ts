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
  expect(changeRows(largest, { registry: { sharedServices: [] }, currency: "USD" })).toEqual([
    ["cost of shared pools: pool-70", "-USD 0.70"],
    ["cost of shared pools: pool60", "+USD 0.60"],
    ["cost of shared pools: pool5", "+USD 0.05"],
    ["more or fewer days, of what runs by the hour", "-USD 9.00"],
  ]);
  const none = { registry: { sharedServices: [] }, currency: "USD" };
  expect([largestChanges([movement(0n)]), undefined].map((each) => changeRows(each, none))).toEqual([[], []]);
});
