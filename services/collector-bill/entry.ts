import { z } from "zod";
import { BILL_SOURCE, ownerOfLine } from "@apportion/aws/bill-lines";
import { defineCollector } from "@apportion/platform/entry";
import { billConfig } from "./config.js";

const USAGE = "Usage";

export const billEntry = defineCollector({
  name: "collector-bill",
  section: "bill",
  schema: billConfig,
  written: z.union([z.literal("none"), billConfig]),
  meaning:
    "The rest of the bill: other services by tag, tax, support, credits; and the whole of it to reconcile with. `none` says that there is no bill, as on other clouds and machines of one's own: statements are at list price, and months close without it",
  uses: ["aws"],
  owns: [
    {
      source: BILL_SOURCE,
      ownerOf: (service, usageType) => ownerOfLine(service, usageType, USAGE),
      comesAtOnce: true, // fees, tax and support come once a month
    },
  ],
  readings: (_config, { accounts }) =>
    accounts.flatMap((account) =>
      (["cost", "bill"] as const).map((dataset) => ({ dataset, source: BILL_SOURCE, scope: account })),
    ),
  create: async (config, platform) => (await import("./service.js")).createBillCollector(config, platform),
});
