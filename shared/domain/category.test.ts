import { describe, expect, it } from "vitest";
import { CATEGORIES, categoryRank, DIRECT_CATEGORIES } from "./category.js";

describe("categories", () => {
  it("have the order in which readers know them, which decides ties between cents", () => {
    expect(CATEGORIES).toEqual([
      "cpu",
      "gpu",
      "memory",
      "persistent-volume",
      "load-balancer",
      "rate-variance",
      "object-storage",
      "network",
      "services",
      "corporate",
      "unused-commitment",
      "idle-cpu",
      "idle-gpu",
      "idle-memory",
      "idle",
      "idle-variance",
      "shared",
      "unallocated",
      "adjustment",
    ]);
    expect(CATEGORIES.map(categoryRank)).toEqual(CATEGORIES.map((_, rank) => rank));
    expect(DIRECT_CATEGORIES).toEqual([
      "cpu",
      "gpu",
      "memory",
      "persistent-volume",
      "load-balancer",
      "object-storage",
      "network",
      "services",
    ]);
  });
});
