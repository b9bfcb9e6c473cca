import { validate } from "node-cron";
import { z } from "zod";
import { closedMonthsConfig } from "@apportion/readings/closed-months";
import { upstreamConfig } from "@apportion/readings/upstream-config";
import { areDistinct, BESIDE_MISTAKES } from "@apportion/runtime/config-rules";
import { isPrintable, PRINTABLE_NAME } from "@apportion/runtime/printable";
import { isTimeZone } from "./time-zone.js";

const prometheusConfig = upstreamConfig.extend({
  cluster: z
    .string()
    .min(1)
    .max(200)
    .refine(isPrintable, PRINTABLE_NAME)
    .describe("Cluster whose containers this Prometheus has, named as in `kubecost.clusters`"),
});
export type PrometheusConfig = z.infer<typeof prometheusConfig>;

/** The `utilisation` section of `apportion.yaml`. */
export const utilisationConfig = z.strictObject({
  prometheus: z
    .array(prometheusConfig)
    .min(1)
    .refine((servers) => areDistinct(servers, "cluster"), {
      ...BESIDE_MISTAKES,
      error: "two servers have the same cluster",
    })
    .describe(
      "Prometheus of each cluster with the metrics of cAdvisor and kube-state-metrics (quotas where it has `kube_resourcequota`), and of NVIDIA's DCGM exporter where there are GPUs",
    ),
  settleHours: z
    .int()
    .min(0)
    .max(24 * 30)
    .default(2)
    .describe("Hours after the end of a day until which its reading is provisional"),
  schedule: z
    .string()
    .refine((text) => validate(text), { error: 'a cron expression such as "40 5 * * *"' })
    .default("40 5 * * *")
    .describe("When the recent days are read, by the clocks of `timeZone`"),
  lookbackDays: z
    .int()
    .min(1)
    .max(90)
    .default(8)
    .describe("Days that each reading goes back, today included, and that Prometheus is trusted to keep"),
  timeZone: z
    .string()
    .refine(isTimeZone, { error: 'a time zone such as "Europe/Berlin"' })
    .default("UTC")
    .describe(
      "Time zone of who works on the clusters: notebooks that run and do nothing from 20 to 7 o'clock there, or on weekends, are advised on",
    ),
  closedMonths: closedMonthsConfig(0),
});
export type UtilisationConfig = z.infer<typeof utilisationConfig>;
