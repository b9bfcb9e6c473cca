import { describe, expect, it } from "vitest";
import { attributionOf } from "./attribution.js";
import type { Category } from "./category.js";

const idle = (category: Category, picos: bigint): Parameters<typeof attributionOf>[0][number] => ({
  ownerKind: "idle",
  teamId: "",
  category,
  basis: "idle",
  pool: "",
  reason: "",
  picos,
});

describe("how much of the cost has an owner", () => {
  it("nets the way from list price to the bill, and not what was allocated beyond the cost of nodes", () => {
    expect(attributionOf([idle("idle-gpu", 10n), idle("idle-gpu", -4n)]).total).toBe(6n);
    expect(attributionOf([idle("idle-gpu", 10n), idle("idle-variance", -4n)]).total).toBe(14n);
  });
});
