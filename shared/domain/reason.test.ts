import { describe, expect, it } from "vitest";
import { parseReasons, printReasons, reasonText, type Reasons } from "./reason.js";

describe("why a line is what it is", () => {
  it.each([
    ["untagged", "no team tag"],
    ["no-collector", "lines of the bill for which no collector is configured"],
    ["no-bytes", "no namespace's bytes explain it"],
    ["no-owner", "namespaces or labels that belong to no team"],
    ["usage-without-owner", "usage that belongs to no team"],
    ["no-reading-of-mlflow.runs", "there is no reading of mlflow.runs"],
    ["no-usage-of-mlflow.runs", "mlflow.runs shows no use by any team"],
    ["no-direct-cost", "no team has direct cost"],
    ["no-direct-cost-on-shared-eu-1", "no team has direct cost on shared-eu-1"],
    ["no-total-cost", "no team has any cost"],
    ["no-total-cost-on-shared-eu-1", "no team has any cost on shared-eu-1"],
    ["no-gpu-cost", "no team has GPU cost"],
    ["no-object-storage-cost", "no team has S3 storage cost"],
    ["closed-loop-of-dp+hr+rm", "dp and hr and rm were used by each other only"],
    ["no-fixed-taker", "nobody has a fixed share"],
    ["no-teams", "there are no teams"],
    ["", ""],
  ])("%s: %s", (reason, text) => {
    expect(reasonText(reason)).toBe(text);
  });

  it("is each reason of several", () => {
    expect(reasonText("no-usage-of-mlflow.runs, no-direct-cost")).toBe(
      "mlflow.runs shows no use by any team; no team has direct cost",
    );
  });

  it.each([
    "because",
    "xuntagged",
    "untaggedx",
    "xno-reading-of-m",
    "xno-usage-of-m",
    "xclosed-loop-of-a",
    "no-direct-costs",
    "xno-direct-cost-on-x",
    "no-power-cost",
    "no-reading",
  ])("is not guessed from %j", (text) => {
    expect(() => parseReasons(text)).toThrow(`"${text}" is no reason of an allocation`);
  });

  it("is printed as lines, journals and views have it", () => {
    const reasons: Reasons = [
      { kind: "no-reading", meter: "mlflow.runs" },
      { kind: "no-usage", meter: "mlflow.runs" },
      { kind: "closed-loop", services: ["dp", "hr"] },
      { kind: "no-cost", of: "gpu", cluster: "a,b" },
      { kind: "no-cost", of: "direct", cluster: "" },
      { kind: "no-teams" },
    ];
    const text =
      "no-reading-of-mlflow.runs, no-usage-of-mlflow.runs, closed-loop-of-dp+hr, no-gpu-cost-on-a%2Cb, no-direct-cost, no-teams";
    expect(printReasons(reasons)).toBe(text);
    expect(parseReasons(text)).toEqual(reasons);
    expect(printReasons([])).toBe("");
  });
});
