import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestPlatform, type TestPlatform } from "@apportion/pipeline/platform";
import { createDeliveryClaims, type DeliveryClaims } from "./claims.js";

let test: TestPlatform;
beforeAll(async () => {
  test = await openTestPlatform();
});
afterAll(() => test.close());

const claimsOf = (id: string, alone: boolean, now = "2026-11-24T10:00:00Z"): DeliveryClaims =>
  createDeliveryClaims(test.clickhouse, { process: { id, alone }, clock: () => new Date(now) });

describe("the claim of a delivery", () => {
  it("goes to one of many senders at once", async () => {
    const senders = Array.from({ length: 8 }, (_, index) => claimsOf(`p${index}`, false));
    const taken = await Promise.all(senders.map((claims) => claims.take("at-once")));
    expect(taken.filter(Boolean)).toEqual([{ key: "at-once", attempt: 0 }]);
  });

  it("is its sender's until the lease ends, and then who asks first takes it over", async () => {
    const dead = claimsOf("dead", false);
    expect(await dead.take("lease")).toBeDefined();
    expect(await dead.take("lease")).toBeDefined(); // its own
    expect(await claimsOf("other", false, "2026-11-24T10:14:59Z").take("lease")).toBeUndefined();
    const heirs = ["one", "two"].map((id) => claimsOf(id, false, "2026-11-24T10:15:00Z"));
    const taken = await Promise.all(heirs.map((claims) => claims.take("lease")));
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  it("is free at once when it was given back", async () => {
    const claims = claimsOf("a", false);
    const claim = await claims.take("back");
    if (!claim) throw new Error("Nobody else wants it");
    await claims.giveBack(claim);
    expect(await claimsOf("b", false).take("back")).toBeDefined();
    await claims.giveBack(claim); // late: it is somebody else's now
    expect(await claimsOf("c", false).take("back")).toBeUndefined();
  });

  it("of a process before it does not count where one process works on the tables at a time", async () => {
    expect(await claimsOf("killed", true).take("alone")).toBeDefined();
    const now = claimsOf("now", true);
    expect(await now.take("alone")).toBeDefined();
    expect(await claimsOf("now", true).take("alone")).toBeUndefined(); // another notifier of the same process
  });
});
