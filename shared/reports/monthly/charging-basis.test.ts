import { describe, expect, it } from "vitest";
import type { CostLine } from "@apportion/books/months/month";
import { lineOf } from "../testing/months.js";
import { chargingBasisOf } from "./charging-basis.js";

const days = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `2026-11-${String(index + 1).padStart(2, "0")}`);
const billed = (day: string): CostLine[] => [
  lineOf(day, "10"),
  lineOf(day, "-2", { category: "rate-variance" }),
];
const basisOf = (lines: readonly CostLine[]): string => chargingBasisOf({ lines }, "the bill", []);

describe("the charging basis", () => {
  it("is the bill's price when every day with Kubernetes costs has it", () => {
    const storage = lineOf("2026-11-09", "3", { category: "object-storage" });
    expect(basisOf([...days(3).flatMap(billed), storage])).toBe(
      "the bill; Kubernetes at the bill's price, shared out as Kubecost or OpenCost measures it; days in UTC",
    );
  });

  it("is list price when no day has the bill's", () => {
    expect(basisOf([lineOf("2026-11-01", "10")])).toBe(
      "the bill; Kubernetes at list price, which is what Kubecost or OpenCost was given; days in UTC",
    );
  });

  it("names the days that are still at list price, and counts them when they are many", () => {
    const others = days(8)
      .slice(1)
      .map((day) => lineOf(day, "10"));
    expect(basisOf([...billed("2026-11-09"), lineOf("2026-11-01", "10")])).toContain(
      "measures it, but on 1 Nov 2026 at list price, which is",
    );
    expect(basisOf([...billed("2026-11-01"), ...others])).toContain(
      "but on 2 Nov 2026, 3 Nov 2026, 4 Nov 2026, 5 Nov 2026, 6 Nov 2026 and 2 other days at list price",
    );
  });

  const lines = [lineOf("2026-11-22", "1", { category: "rate-variance" })];

  it("names the clusters that are on no bill, and therefore at list price", () => {
    const says = chargingBasisOf({ lines }, "net", ["cellar-1"]);
    expect(says).toContain("at the bill's price");
    expect(says).toContain(", except cellar-1 at list price;");
    expect(chargingBasisOf({ lines }, "net", [])).not.toContain("except");
  });
});
