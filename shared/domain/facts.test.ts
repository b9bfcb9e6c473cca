import { describe, expect, it } from "vitest";
import {
  chargeDayOf,
  DATASETS,
  readingName,
  sealedAmountOf,
  type FactRows,
  type ReadingKey,
} from "./facts.js";
import { chargePeriodOf, parseDay } from "./period.js";

const cost: FactRows["cost"] = { kind: "workload", effective_cost: "1.5", billed_cost: "2" };
const usage: FactRows["usage"] = {
  meter: "mlflow.runs",
  unit: "runs",
  team_label: "a",
  namespace: "",
  quantity: "7",
};
const bucket: FactRows["bucket"] = {
  bucket: "lake",
  region: "eu-central-1",
  team_label: "a",
  size_bytes: "9",
};
const bill: FactRows["bill"] = {
  service: "AmazonS3",
  usage_type: "EU-TimedStorage-ByteHrs",
  record_type: "Usage",
  owner: "s3",
  billed_cost: "2",
  amortized_cost: "3",
  effective_cost: "1.25",
  usage_quantity: "4",
};

describe("a reading", () => {
  it("is sealed by its dollars, its quantity, or as an inventory by nothing", () => {
    expect(sealedAmountOf("cost", cost)).toBe("1.5");
    expect(sealedAmountOf("bill", bill)).toBe("1.25");
    expect(sealedAmountOf("usage", usage)).toBe("7");
    expect(sealedAmountOf("bucket", bucket)).toBe("0");
    expect(DATASETS).toEqual(["cost", "usage", "bucket", "bill", "workload-utilisation"]);
  });

  it("is named by what it covers, and belongs to the day on which its charge period starts", () => {
    const key: ReadingKey = {
      dataset: "cost",
      source: "kubecost",
      scope: "shared-eu-1",
      chargePeriod: chargePeriodOf(parseDay("2026-11-22")),
    };
    expect(readingName(key)).toBe("cost/kubecost/shared-eu-1/2026-11-22T00:00:00Z");
    expect(chargeDayOf(key.chargePeriod)).toBe("2026-11-22");
  });
});
