import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePicos } from "@apportion/domain/money";
import { addDays, daysBetween, parseDay } from "@apportion/domain/period";
import { bucketLifecycle, type StoredBucket } from "./bucket-lifecycle.js";
import { history } from "./examples.js";

const p = parsePicos;
const FIRST = parseDay("2026-11-01");
const WINDOW = daysBetween(FIRST, addDays(FIRST, 10));
const TAG = {
  ...history(),
  kind: "object-storage" as const,
  cluster: "",
  namespace: "",
  controllerKind: "",
  controller: "",
  account: "1",
  service: "S3",
};
const PRICES = { standard: p("0.023"), infrequent: p("0.0125"), transition: p("0.00001") };
const bucket = (stored: Partial<NonNullable<StoredBucket["stored"]>> = {}, name = "data"): StoredBucket => ({
  account: "1",
  bucket: name,
  teamTag: "a",
  stored: { standardGib: p("10000"), objects: p("1000000"), on: FIRST, prices: PRICES, ...stored },
});

describe("a lifecycle rule", () => {
  it("pays by what is certainly in large objects, less the fee of all transitions over a year", () => {
    const finding = bucketLifecycle(TAG, [bucket()], WINDOW);
    // 10,000 GiB less 1,000,000 × 128 KiB = 122.0703125 GiB, at 0.0105 a month; fees of 10 over 12 months. A third of a month was seen.
    const month = p("103.71826171875") - p("10") / 12n;
    expect(finding).toMatchObject({ cash: (month * 10n) / 30n, freed: 0n, confidence: "low" });
    expect(finding?.change).toContain(
      `--bucket data --lifecycle-configuration '{"Rules":[{"ID":"infrequent-access","Status":"Enabled","Filter":{"ObjectSizeGreaterThan":131072}`,
    );
  });

  it.each([
    ["whose objects are small on average", { objects: p("90000000") }],
    ["of which nothing is in Standard", { standardGib: 0n }],
    ["without objects", { objects: 0n }],
    ["of less than nothing", { standardGib: -p("5") }],
    ["whose size is older than the window", { on: addDays(FIRST, -1) }],
    ["where Standard-IA is not cheaper", { prices: { ...PRICES, infrequent: p("0.03") } }],
    ["where a transition costs too much", { prices: { ...PRICES, transition: p("0.01") } }],
    ["where something is free of charge", { prices: { ...PRICES, infrequent: 0n } }],
  ])("is not said of a bucket %s", (_, stored) => {
    expect(bucketLifecycle(TAG, [bucket(stored)], WINDOW)).toBeUndefined();
  });

  it("is not said where the bill has no price, the size is not known, or there were few days", () => {
    expect(bucketLifecycle(TAG, [{ account: "1", bucket: "x", teamTag: "a" }], WINDOW)).toBeUndefined();
    expect(bucketLifecycle({ ...TAG, days: TAG.days.slice(0, 6) }, [bucket()], WINDOW)).toBeUndefined();
    expect(bucketLifecycle({ ...TAG, kind: "bill" }, [bucket()], WINDOW)).toBeUndefined();
  });

  it("has several buckets of a tag, the largest first, and names that are no command", () => {
    const found = bucketLifecycle(
      TAG,
      [bucket({ standardGib: p("5000") }, "$(reboot)"), bucket({}, "large")],
      WINDOW,
    );
    expect(found?.change.match(/--bucket \S+/g)).toEqual(["--bucket large", "--bucket '$(reboot)'"]);
  });

  it("saves no more than storage costs", () => {
    const amount = (max: string): fc.Arbitrary<bigint> => fc.bigInt({ min: -p("1"), max: p(max) });
    fc.assert(
      fc.property(amount("100000"), amount("100000000"), amount("1"), (standardGib, objects, infrequent) => {
        const prices = { ...PRICES, infrequent };
        const found = bucketLifecycle(TAG, [bucket({ standardGib, objects, prices })], WINDOW);
        const cost = standardGib > 0n ? (standardGib * PRICES.standard) / p("1") : 0n;
        expect((found?.cash ?? 0n) * 3n).toBeLessThanOrEqual(cost);
      }),
    );
  });
});
