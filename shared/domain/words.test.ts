import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CATEGORIES } from "./category.js";
import { parseMissing, printMissing, type Missing } from "./missing.js";
import { parsePool, policyNameOf, printPool, type PoolId } from "./pool-id.js";
import { parseProportion, printProportion, PROPORTIONS } from "./proportion.js";
import { parseReasons, printReasons, reasonText, type Reason } from "./reason.js";

const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,12}$/);
/** Of clusters, which are named as their answers print them. */
const anyName = fc.oneof(id, fc.constantFrom("arn:aws:eks:eu-1:1:cluster/prod", "a, b", "50%2F", "a/b/c"));
const meter = fc.stringMatching(/^[a-z0-9]+(\.[a-z0-9-]+){0,2}$/);

const anyPool: fc.Arbitrary<PoolId> = fc.oneof(
  id
    .filter((text) => !["unallocated", "unused-commitment", "corporate"].includes(text))
    .map((each) => ({ kind: "service" as const, id: each })),
  anyName.map((cluster) => ({ kind: "system" as const, cluster })),
  fc.record({
    kind: fc.constant("idle" as const),
    cluster: anyName,
    nodePool: fc.oneof(id, fc.constant("")),
  }),
  fc.constantFrom(
    { kind: "unallocated" as const },
    { kind: "unused-commitment" as const },
    { kind: "corporate" as const },
  ),
);

const anyReason: fc.Arbitrary<Reason> = fc.oneof(
  fc
    .constantFrom(
      "untagged",
      "no-collector",
      "no-bytes",
      "no-owner",
      "usage-without-owner",
      "no-fixed-taker",
      "no-teams",
    )
    .map((kind) => ({ kind })),
  fc.record({ kind: fc.constantFrom("no-reading" as const, "no-usage" as const), meter }),
  fc.record({
    kind: fc.constant("no-cost" as const),
    of: fc.constantFrom(...PROPORTIONS),
    cluster: fc.oneof(anyName, fc.constant("")),
  }),
  fc.record({
    kind: fc.constant("closed-loop" as const),
    services: fc.array(id, { minLength: 1, maxLength: 3 }),
  }),
);

describe("words that are stored as text", () => {
  it("give pools again, whatever clusters are called", () => {
    fc.assert(
      fc.property(anyPool, (pool) => {
        expect(parsePool(printPool(pool))).toEqual(pool);
      }),
    );
    expect(parsePool("")).toBeUndefined();
    expect(printPool({ kind: "idle", cluster: "shared-eu-1", nodePool: "a100" })).toBe(
      "idle/shared-eu-1/a100",
    );
    expect(printPool({ kind: "idle", cluster: "shared-eu-1", nodePool: "" })).toBe("idle/shared-eu-1");
  });

  it("give reasons again, one after the other", () => {
    fc.assert(
      fc.property(fc.array(anyReason, { maxLength: 4 }), (reasons) => {
        expect(parseReasons(printReasons(reasons))).toEqual(reasons);
      }),
    );
    expect(() => parseReasons("because")).toThrow('"because" is no reason of an allocation');
  });

  it("give proportions again, and the reading that is missing", () => {
    for (const proportion of PROPORTIONS)
      expect(parseProportion(printProportion(proportion))).toBe(proportion);
    expect(parseProportion("mlflow.runs")).toBeUndefined();
    const reading = { dataset: "bill", source: "aws-bill", scope: "111122223333" } as const;
    const whys: Missing["why"][] = [
      { kind: "not-read" },
      { kind: "rival", claim: "kubernetes/one", of: "kubecost/one" },
      { kind: "silent" },
    ];
    for (const why of whys) expect(parseMissing(printMissing({ ...reading, why }))).toEqual(reading);
    expect(printMissing({ ...reading, why: { kind: "silent" } })).toBe(
      "bill/aws-bill/111122223333 (has nothing of the clusters that are on it)",
    );
  });

  it("name a policy for every pool", () => {
    const names = fc.sample(anyPool, 50).map(policyNameOf);
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]+$/);
    expect(policyNameOf({ kind: "system", cluster: "a/b" })).toBe("system");
  });

  it("are said to people, each of them", () => {
    fc.assert(
      fc.property(anyReason, (reason) => {
        const said = reasonText(printReasons([reason]));
        expect(said).not.toBe("");
        expect(said).not.toContain("undefined");
      }),
    );
    expect(reasonText("no-reading-of-mlflow.runs, no-direct-cost-on-a")).toBe(
      "there is no reading of mlflow.runs; no team has direct cost on a",
    );
    expect(reasonText("closed-loop-of-feast+mlflow")).toBe("feast and mlflow were used by each other only");
    expect(reasonText("no-gpu-cost, no-total-cost")).toBe("no team has GPU cost; no team has any cost");
    expect(CATEGORIES).toHaveLength(19);
  });
});
