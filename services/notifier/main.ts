import type { AwsConfig } from "@apportion/aws/config";
import { defineEntry } from "@apportion/platform/entry";
import { notifierConfig } from "./config.js";
import { createNotifier } from "./service.js";

const BASES: Readonly<Record<AwsConfig["chargeBy"], string>> = {
  NetAmortizedCost: "net amortised cost (FOCUS EffectiveCost)",
  AmortizedCost: "amortised cost before discounts",
  UnblendedCost: "unblended cost, as on the invoice",
};

/** Kubecost and OpenCost price by list unless they are given a bill, and then that is what is charged. */
function basisText(chargeBy: AwsConfig["chargeBy"] | undefined): string {
  const bill = chargeBy === undefined ? "no bill is read" : `the bill by ${BASES[chargeBy]}`;
  return `${bill}; Kubernetes at the prices that Kubecost or OpenCost was given; days in UTC`;
}

export const notifierEntry = defineEntry({
  name: "notifier",
  section: "notifier",
  schema: notifierConfig,
  create: async (config, platform) => {
    const clickhouse = await platform.clickhouse();
    return createNotifier({ ...platform, clickhouse, chargingBasis: basisText(platform.chargeBy) }, config);
  },
});
