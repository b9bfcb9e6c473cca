import type { AwsConfig } from "@apportion/aws/config";
import { defineEntry } from "@apportion/platform/entry";
import { notifierConfig } from "./config.js";

const BASES: Readonly<Record<AwsConfig["chargeBy"], string>> = {
  NetAmortizedCost: "net amortised cost (FOCUS EffectiveCost)",
  AmortizedCost: "amortised cost before discounts",
  UnblendedCost: "unblended cost, as on the invoice",
};

export const notifierEntry = defineEntry({
  name: "notifier",
  section: "notifier",
  schema: notifierConfig,
  uses: ["clickhouse"],
  create: async (config, platform) => {
    const { createNotifier } = await import("./service.js");
    const clickhouse = await platform.clickhouse();
    const { chargeBy } = platform;
    const billBasis = chargeBy === undefined ? "no bill is read" : `the bill by ${BASES[chargeBy]}`;
    return createNotifier(
      { ...platform, clickhouse, recovery: await platform.recovery(), billBasis },
      config,
    );
  },
});
