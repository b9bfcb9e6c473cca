import { describe, expect, it } from "vitest";
import { parseMissing, printMissing, readingId, type Missing } from "./missing.js";

const bill = { dataset: "bill", source: "aws-bill", scope: "111122223333" } as const;
const printed = (why: Missing["why"]): string => printMissing({ ...bill, why });

describe("a reading that is missing", () => {
  it("is named with the reason for which it does not count", () => {
    expect(readingId(bill)).toBe("bill/aws-bill/111122223333");
    expect(printed({ kind: "not-read" })).toBe("bill/aws-bill/111122223333");
    expect(printed({ kind: "rival", claim: "kubernetes/one", of: "kubecost/one" })).toBe(
      "bill/aws-bill/111122223333 (claims kubernetes/one, as kubecost/one does)",
    );
    expect(printed({ kind: "silent" })).toBe(
      "bill/aws-bill/111122223333 (has nothing of the clusters that are on it)",
    );
  });

  it("is known by its name alone, whatever the scope is called", () => {
    expect(parseMissing(printed({ kind: "silent" }))).toEqual(bill);
    expect(parseMissing("cost/kubecost/a/b (c)")).toEqual({
      dataset: "cost",
      source: "kubecost",
      scope: "a/b",
    });
  });
});
