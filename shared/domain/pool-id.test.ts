import { describe, expect, it } from "vitest";
import { KEPT_POOLS, NAMED_POOLS, parsePool, policyNameOf, printPool, type PoolId } from "./pool-id.js";
import { escapePart, unescapePart } from "./printed.js";

describe("a pool", () => {
  it.each<[string, PoolId, string]>([
    ["mlflow", { kind: "service", id: "mlflow" }, "mlflow"],
    ["system/one", { kind: "system", cluster: "one" }, "system"],
    ["system/a%2Fb", { kind: "system", cluster: "a/b" }, "system"],
    ["idle/one", { kind: "idle", cluster: "one", nodePool: "" }, "idle"],
    ["idle/a%2Fb/a100", { kind: "idle", cluster: "a/b", nodePool: "a100" }, "idle"],
    ["corporate", { kind: "corporate" }, "corporate"],
    ["unallocated", { kind: "unallocated" }, "unallocated"],
    ["unused-commitment", { kind: "unused-commitment" }, "unused-commitment"],
  ])("%s is printed, read and named in policies", (text, pool, name) => {
    expect(printPool(pool)).toBe(text);
    expect(parsePool(text)).toEqual(pool);
    expect(policyNameOf(pool)).toBe(name);
  });

  it("is none of the empty text, and a service where nothing else is said", () => {
    expect(parsePool("")).toBeUndefined();
    for (const id of ["system", "idle", "my-system/x"])
      expect(parsePool(id)).toEqual({ kind: "service", id });
  });

  it("has one of these names where it is no service", () => {
    expect(KEPT_POOLS).toEqual(["idle", "unallocated", "unused-commitment", "corporate"]);
    expect(NAMED_POOLS).toEqual(["system", "idle", "unallocated", "unused-commitment", "corporate"]);
  });
});

describe("a part of a printed word", () => {
  it("hides the separator of its word and no other, and comes back", () => {
    expect(escapePart("a/b,c%d/e", "/")).toBe("a%2Fb,c%25d%2Fe");
    expect(escapePart("a/b,c%d,e", ",")).toBe("a/b%2Cc%25d%2Ce");
    for (const part of ["a/b,c%d", "%2F", "%252C"])
      for (const separator of ["/", ","] as const)
        expect(unescapePart(escapePart(part, separator))).toBe(part);
  });
});
