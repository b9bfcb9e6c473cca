import { describe, expect, it } from "vitest";
import { printMix } from "./meter-mix.js";
import { parseProportion, printProportion, PROPORTIONS } from "./proportion.js";

describe("what a share follows", () => {
  it("is a meter, or several with their percentages", () => {
    const [runs, hours] = [
      { meter: "mlflow.runs", percent: "70" },
      { meter: "mlflow.run-hours", percent: "30" },
    ];
    expect(printMix([runs])).toBe("mlflow.runs");
    expect(printMix([runs, hours])).toBe("mlflow.runs 70 % + mlflow.run-hours 30 %");
    expect(printMix([])).toBe("");
  });

  it("is a kind of cost, of which direct cost goes without saying", () => {
    expect(PROPORTIONS.map(printProportion)).toEqual([
      "",
      "total-cost",
      "cpu-cost",
      "gpu-cost",
      "memory-cost",
      "persistent-volume-cost",
      "load-balancer-cost",
      "object-storage-cost",
      "network-cost",
      "services-cost",
    ]);
    expect(PROPORTIONS.map((each) => parseProportion(printProportion(each)))).toEqual(PROPORTIONS);
    expect(parseProportion("mlflow.runs")).toBeUndefined();
  });
});
