import { describe, expect, it } from "vitest";
import { neverCloses, parseApportionConfig, partOwnersOf, withDerivedReadings } from "./config.js";

const parse = (text: string): ReturnType<typeof parseApportionConfig> =>
  parseApportionConfig({
    file: "apportion.yaml",
    text: `teams: [{ id: a, costCenter: "1" }]\naws: { accounts: ["111122223333", "444455556666"] }\n${text}`,
    env: {},
  });

describe("what cannot be", () => {
  it("is refused by naming what there is", () => {
    expect(() =>
      parse("allocation: { close: { accuracyPercentMin: 140, rateVariancePercentMax: 140 } }"),
    ).toThrow(/has a mistake:\n.*:3 {2}allocation.close.accuracyPercentMin: at most 100/);
    expect(() => parse('allocation: { chartOfAccounts: { byCategory: { storage: "4711" } } }')).toThrow(
      /:3 {2}allocation.chartOfAccounts.byCategory.storage: there is no category "storage"; there are cpu, gpu,.* object-storage,/,
    );
    const accounts = '{ object-storage: "4711", idle-gpu: "4712", shared: "4713" }';
    expect(() => parse(`allocation: { chartOfAccounts: { byCategory: ${accounts} } }`)).not.toThrow();
  });
});

describe("a deployment without a bill", () => {
  const without = (text: string): ReturnType<typeof parseApportionConfig> =>
    parseApportionConfig({
      file: "apportion.yaml",
      text: `teams: [{ id: a, costCenter: "1" }]\nkubecost: { clusters: [{ id: one, url: "http://one" }] }\n${text}`,
      env: {},
    });

  it("says so, or is told that no month can ever be closed", () => {
    expect(neverCloses(without(""))).toContain("no month can ever be closed");
    expect(neverCloses(parse("s3: {}"))).toContain("no month can ever be closed");
    expect(neverCloses(parse("bill: {}"))).toBeUndefined();
    const declared = without("bill: none");
    expect(neverCloses(declared)).toBeUndefined();
    expect(declared).toMatchObject({ isWithoutBill: true });
    expect(declared.bill).toBeUndefined();
    expect(withDerivedReadings(declared).allocation.expectedReadings).toEqual([
      { dataset: "cost", source: "kubecost", scope: "one" },
    ]);
  });

  it("reads no bill beside", () => {
    expect(() => parse("bill: none")).toThrow(
      /:2 {2}aws: is of a bill, and `bill: none` says that there is none/,
    );
  });
});

describe("who charges a part of an account's bill", () => {
  it("is who is configured for it; a cluster is on the bill that it names, or on the first", () => {
    const clusters =
      'kubecost: { clusters: [{ id: one, url: "http://one" }, { id: two, url: "http://two" }] }';
    const ownersOf = (text: string): unknown[] =>
      ["111122223333", "444455556666"].map((account) => [
        ...partOwnersOf(withDerivedReadings(parse(`${clusters}\n${text}`)))(account),
      ]);
    expect(ownersOf("s3: {}")).toEqual([["kubecost", "s3"], ["s3"]]);
    expect(ownersOf('clusters: [{ id: one, account: "444455556666" }]')).toEqual([
      ["kubecost"],
      ["kubecost"],
    ]);
    expect(ownersOf("clusters: [{ id: one, account: none }, { id: two, account: none }]")).toEqual([[], []]);
  });

  it("must be an account whose bill is read", () => {
    expect(() => parse('clusters: [{ id: one, account: "999999999999" }]')).toThrow(
      "no bill of 999999999999 is read",
    );
  });
});

describe("a meter by namespace", () => {
  const clusterOf = (ids: readonly string[], more = ""): unknown => {
    const clusters = ids.map((id) => `{ id: ${id}, url: "http://${id}" }`).join(", ");
    const meter = `{ name: x, url: "http://p", meter: x.y, unit: z, ownedBy: namespace, query: "x[$window]"${more} }`;
    const text = `kubecost: { clusters: [${clusters}] }\nusage: { prometheus: [${meter}] }`;
    return withDerivedReadings(parse(text)).usage?.prometheus[0]?.cluster;
  };

  it("counts those of the only cluster, unless it says otherwise", () => {
    expect(clusterOf(["one"])).toBe("one");
    expect(clusterOf(["one"], ", cluster: elsewhere")).toBe("elsewhere");
    expect(clusterOf(["one", "two"])).toBeUndefined();
  });
});

it("refuses to charge the network of a cluster whose bill has it", () => {
  const kubecost = 'kubecost: { clusters: [{ id: one, url: "http://one", chargeNetwork: true }] }';
  expect(() => parse(kubecost)).toThrow("its network is on the bill of 111122223333");
  expect(() => parse(`${kubecost}\nclusters: [{ id: one, account: none }]`)).not.toThrow();
});
