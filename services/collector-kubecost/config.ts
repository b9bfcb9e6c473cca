import { validate } from "node-cron";
import { z } from "zod";
import { amountSchema } from "@apportion/registry/fields";
import { closedMonthsConfig } from "@apportion/readings/closed-months";
import { upstreamConfig } from "@apportion/readings/upstream-config";
import { areDistinct, BESIDE_MISTAKES } from "@apportion/runtime/config-rules";
import { isPrintable, PRINTABLE_NAME } from "@apportion/runtime/printable";

/** As its readings name it. */
export const SOURCE = "kubecost";

const labelNames = z.array(z.string().min(1).max(300)).min(1);

const clusterConfig = upstreamConfig.extend({
  id: z
    .string()
    .min(1)
    .max(200)
    .refine(isPrintable, PRINTABLE_NAME)
    .describe("Name of the cluster, as its answers print it"),
  dialect: z
    .enum(["auto", "opencost", "kubecost"])
    .default("auto")
    .describe("opencost: GET /allocation; kubecost: GET /model/allocation; auto asks which of them is there"),
  chargeNetwork: z
    .boolean()
    .default(false)
    .describe(
      "Whether the network cost that it estimates is charged, for a cluster that is on no bill; else it is information",
    ),
});
export type ClusterConfig = z.infer<typeof clusterConfig>;

/** The `kubecost` section of `apportion.yaml`. */
export const kubecostConfig = z.strictObject({
  clusters: z
    .array(clusterConfig)
    .min(1)
    .refine((clusters) => areDistinct(clusters, "id"), {
      ...BESIDE_MISTAKES,
      error: "two clusters have the same id",
    })
    .describe("Each cluster is read and restated on its own"),
  grain: z
    .enum(["workload", "container"])
    .default("workload")
    .describe("workload: the containers of a controller are added up; container: each is kept"),
  idle: z
    .enum(["cluster", "node"])
    .default("node")
    .describe(
      "Whether idle capacity is read for each node, which node pools need, or for a cluster as a whole",
    ),
  checkGpuNodes: z
    .boolean()
    .default(true)
    .describe(
      "Whether the pods and the idle capacity of each node with GPUs must come to what the Assets API says the node cost; a day on which they do not is quarantined",
    ),
  teamLabels: labelNames
    .default(["team"])
    .describe(
      "Pod labels that name the team; the first that is there counts, on the pod before its namespace",
    ),
  costCenterLabels: labelNames
    .default(["cost_center", "cost-center"])
    .describe("Pod labels that name the cost center; Prometheus turns cost-center into cost_center"),
  settleHours: z
    .int()
    .min(0)
    .max(24 * 30)
    .default(48)
    .describe(
      "Hours after the end of a day until which its reading is provisional; Kubecost re-prices the last 36",
    ),
  costPerDayMax: amountSchema
    .default("1000000")
    .describe("A cluster that costs more on one day is taken for a mistake, and its reading is quarantined"),
  schedule: z
    .string()
    .refine((text) => validate(text), { error: 'a cron expression such as "10 * * * *"' })
    .default("10 * * * *")
    .describe("When the recent days are read, by the clocks of `timeZone`"),
  lookbackDays: z
    .int()
    .min(1)
    .max(90)
    .default(4)
    .describe("Days that each reading goes back, today included"),
  closedMonths: closedMonthsConfig(0),
});
export type KubecostConfig = z.infer<typeof kubecostConfig>;
