import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseDay } from "@apportion/domain/period";
import { ReadingError } from "@apportion/readings/source";
import { networkClassOf, ownerOfLine } from "./bill-lines.js";
import { linesOfDay, tagValue } from "./parse.js";

const DAY = parseDay("2026-11-22");
const SEED = JSON.parse(
  readFileSync(new URL("recorded/cost_explorer_seed.json", import.meta.url), "utf8"),
) as { results: { ResultsByTime: unknown[] }[] };
/** The two pages of one answer: 22 November, spread over both. */
const PAGES = SEED.results.slice(0, 2).flatMap(({ ResultsByTime }) => ResultsByTime);

const group = (Metrics: object): unknown[] => [
  {
    TimePeriod: { Start: "2026-11-22", End: "2026-11-23" },
    Groups: [{ Keys: ["team$fraud", "X"], Metrics }],
    Estimated: false,
  },
];
const usd = (Amount: string): object => ({ UnblendedCost: { Amount, Unit: "USD" } });
const refusal = (
  results: readonly unknown[],
  currency = "USD",
  chargeBy: "UnblendedCost" | "NetAmortizedCost" = "UnblendedCost",
): ReadingError => {
  try {
    linesOfDay(results, DAY, chargeBy, currency);
  } catch (error) {
    if (error instanceof ReadingError) return error;
    throw error;
  }
  throw new Error("It was not refused");
};

describe("answers of Cost Explorer", () => {
  it("keep every digit of every group of all pages, the untagged one too", () => {
    const { lines, finality } = linesOfDay(PAGES, DAY, "UnblendedCost", "USD");
    expect(lines.map(({ keys, effectiveCost }) => [tagValue(keys[0] ?? "", "team"), effectiveCost])).toEqual([
      ["team-a", "12.3456789012"],
      ["team-b", "7.5"],
      ["", "3.25"],
    ]);
    expect(finality).toBe("provisional"); // one of the pages is estimated
  });

  it("have the charged metric beside the others", () => {
    const metrics = {
      ...usd("2.5"),
      NetAmortizedCost: { Amount: "2.35", Unit: "USD" },
      AmortizedCost: { Amount: "1.2E-7", Unit: "USD" },
    };
    expect(linesOfDay(group(metrics), DAY, "NetAmortizedCost", "USD").lines).toEqual([
      {
        keys: ["team$fraud", "X"],
        effectiveCost: "2.35",
        unblendedCost: "2.5",
        amortizedCost: "0.00000012",
        netAmortizedCost: "2.35",
        usageQuantity: "0",
      },
    ]);
  });

  it("are refused in another currency, without the charged metric, without a number, or without the day", () => {
    expect(refusal(PAGES, "EUR").message).toContain("is in USD; this deployment counts in EUR");
    expect(refusal(PAGES, "USD", "NetAmortizedCost").message).toContain("has no NetAmortizedCost");
    expect(refusal(group(usd("NaN"))).code).toBe("malformed");
    expect(refusal([]).message).toContain("leaves out 2026-11-22");
    expect(refusal([{ TimePeriod: {} }]).message).toContain("another shape than documented");
  });
});

describe("who owns a line of the bill", () => {
  it.each([
    ["Amazon Simple Storage Service", "EU-DataTransfer-Out-Bytes", "Usage", "s3"],
    ["EC2 - Other", "EUC1-NatGateway-Bytes", "Usage", "network"],
    ["EC2 - Other", "EU-DataTransfer-Regional-Bytes", "Usage", "network"],
    ["EC2 - Other", "USE1-USW2-AWS-Out-Bytes", "Usage", "network"],
    ["EC2 - Other", "EU-VpcPeering-In-Bytes", "Usage", "network"],
    ["EC2 - Other", "USE2-AWS-Out-Bytes", "Usage", "network"],
    ["EC2 - Other", "EU-EBS:VolumeUsage.gp3", "Usage", "kubecost"],
    ["EC2 - Other", "EU-EBS:SnapshotUsage", "Usage", "aws-bill"],
    ["EC2 - Other", "EU-ElasticIP:IdleAddress", "Usage", "aws-bill"],
    ["Amazon Elastic Compute Cloud - Compute", "EU-BoxUsage:m6i.4xlarge", "Usage", "kubecost"],
    ["Amazon Elastic Compute Cloud - Compute", "EU-BoxUsage:m6i.4xlarge", "Credit", "aws-bill"],
    ["Amazon Elastic Load Balancing", "LCUUsage", "Usage", "kubecost"],
    ["Amazon Relational Database Service", "EU-DataTransfer-Out-Bytes", "Usage", "aws-bill"],
    ["Tax", "Tax", "Tax", "aws-bill"],
  ])("%s %s (%s): %s", (service, usageType, recordType, owner) => {
    expect(ownerOfLine(service, usageType, recordType)).toBe(owner);
  });

  it("tells classes of network apart behind any region's prefix", () => {
    const classes = [
      "EUC1-USE1-AWS-Out-Bytes",
      "EU-DataTransfer-Out-Bytes",
      "DataTransfer-Regional-Bytes",
      "NatGateway-Hours",
      "EU-BoxUsage:m5",
      "EU-VpcPeering-Out-Bytes",
      "EU-AWS-Out-Bytes",
      "AWS-In-Bytes",
    ];
    expect(classes.map(networkClassOf)).toEqual([
      "inter-region",
      "internet",
      "inter-zone",
      "nat",
      undefined,
      "inter-zone",
      "inter-region",
      "inter-region",
    ]);
  });
});
