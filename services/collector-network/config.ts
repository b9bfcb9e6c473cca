import { validate } from "node-cron";
import { z } from "zod";
import { isRegion } from "@apportion/aws/region";
import { closedMonthsConfig } from "@apportion/readings/closed-months";
import { upstreamConfig } from "@apportion/readings/upstream-config";
import { areDistinct, BESIDE_MISTAKES } from "@apportion/runtime/config-rules";
import { isPrintable, PRINTABLE_NAME } from "@apportion/runtime/printable";

/** As its readings name it. */
export const SOURCE = "network";

const prometheusConfig = upstreamConfig.extend({
  cluster: z
    .string()
    .min(1)
    .max(200)
    .refine(isPrintable, PRINTABLE_NAME)
    .describe("Cluster whose bytes this Prometheus has"),
  region: z
    .string()
    .refine(isRegion, { error: "a region such as eu-west-1" })
    .describe(
      "Region of the cluster: its bytes explain lines of this region only. Of a region that is too new to be known, the prefix of its usage types on the bill",
    ),
  metrics: z
    .enum(["kubecost", "container"])
    .default("kubecost")
    .describe(
      "kubecost: bytes by class from Kubecost's network metrics; container: plain container bytes, which know no class and split every class alike",
    ),
});
export type PrometheusConfig = z.infer<typeof prometheusConfig>;

/** The `network` section of `apportion.yaml`. Whose bill it is stands in `aws`. */
export const networkConfig = z.strictObject({
  prometheus: z
    .array(prometheusConfig)
    .min(1)
    .refine((servers) => areDistinct(servers, "cluster"), {
      ...BESIDE_MISTAKES,
      error: "two servers have the same cluster",
    })
    .describe("Where the bytes of each cluster's namespaces are"),
  schedule: z
    .string()
    .refine((text) => validate(text), { error: 'a cron expression such as "0 6 * * *"' })
    .default("0 6 * * *")
    .describe("When the recent days are read, by the clocks of `timeZone`"),
  lookbackDays: z
    .int()
    .min(1)
    .max(90)
    .default(10)
    .describe(
      "Days that each reading goes back at least, and that Prometheus is trusted to keep. The whole previous month is always read, and each day until it is final: where Prometheus has forgotten a day before these, what its bill says is split by the shares with which it was read",
    ),
  closedMonths: closedMonthsConfig(90),
});
export type NetworkConfig = z.infer<typeof networkConfig>;
