import { validate } from "node-cron";
import { z } from "zod";
import { closedMonthsConfig } from "@apportion/readings/closed-months";
import { upstreamConfig } from "@apportion/readings/upstream-config";
import { areDistinct, BESIDE_MISTAKES } from "@apportion/runtime/config-rules";
import { isPrintable, PRINTABLE_NAME } from "@apportion/runtime/printable";

const meterName = z
  .string()
  .regex(/^[a-z0-9]+(\.[a-z0-9-]+)*$/, "lower-case words joined by points, such as mlflow.runs")
  .describe("Name of the meter that policies refer to");
const name = z
  .string()
  .min(1)
  .max(100)
  .refine(isPrintable, PRINTABLE_NAME)
  .describe("Names this meter's readings in tables and errors");

const mlflowConfig = upstreamConfig.extend({
  name,
  meter: meterName.default("mlflow.runs"),
  counts: z
    .enum(["runs", "run-hours", "artifact-bytes"])
    .default("runs")
    .describe(
      "runs: how many started on the day; run-hours: how long any ran on it; artifact-bytes: how much those that started left behind (a call for each folder)",
    ),
  teamTag: z
    .string()
    .min(1)
    .max(250)
    .default("team")
    .describe("Tag that names the team, on the run before its experiment"),
});
export type MlflowConfig = z.infer<typeof mlflowConfig>;

const prometheusConfig = upstreamConfig.extend({
  name,
  meter: meterName,
  unit: z
    .string()
    .min(1)
    .max(50)
    .refine(isPrintable, PRINTABLE_NAME)
    .describe("What the query counts, e.g. requests"),
  query: z
    .string()
    .min(1)
    .max(10_000)
    .refine((query) => query.includes("$window"), {
      error:
        "the query must count over $window, e.g. sum by (team) (increase(feast_requests_total[$window]))",
    })
    .describe("PromQL that gives a vector; $window is the day, or what has passed of it"),
  ownedBy: z
    .enum(["team", "namespace"])
    .default("team")
    .describe("Whether the label names a team or a namespace"),
  label: z
    .string()
    .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, "a Prometheus label")
    .optional()
    .describe("Label of the owner; `team` or `namespace` where absent"),
  cluster: z
    .string()
    .min(1)
    .max(200)
    .refine(isPrintable, PRINTABLE_NAME)
    .optional()
    .describe(
      "Cluster whose namespaces it counts, for owners that differ by cluster; the only one of `kubecost.clusters` where absent",
    ),
  clusterLabel: z
    .string()
    .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, "a Prometheus label")
    .optional()
    .describe("Label that names the cluster, where one query counts those of several"),
});
export type PrometheusMeterConfig = z.infer<typeof prometheusConfig>;

/** The `usage` section of `apportion.yaml`. */
export const usageConfig = z
  .strictObject({
    mlflow: z.array(mlflowConfig).default([]).describe("Meters on MLflow tracking servers"),
    prometheus: z
      .array(prometheusConfig)
      .default([])
      .describe("Meters on Prometheus: whatever PromQL can count by team or namespace"),
    settleHours: z
      .int()
      .min(0)
      .max(24 * 30)
      .default(48)
      .describe(
        "Hours after the end of a day until which its reading is provisional; runs may be logged late",
      ),
    schedule: z
      .string()
      .refine((text) => validate(text), { error: 'a cron expression such as "20 * * * *"' })
      .default("20 * * * *")
      .describe("When the recent days are read, by the clocks of `timeZone`"),
    lookbackDays: z
      .int()
      .min(1)
      .max(90)
      .default(4)
      .describe("Days that each reading goes back, today included"),
    closedMonths: closedMonthsConfig(0),
  })
  .refine(({ mlflow, prometheus }) => mlflow.length + prometheus.length > 0, {
    error: "declare at least one meter under mlflow or prometheus",
  })
  .refine(({ mlflow, prometheus }) => [mlflow, prometheus].every((meters) => areDistinct(meters, "name")), {
    ...BESIDE_MISTAKES,
    error: "two meters have the same name",
  });
export type UsageConfig = z.infer<typeof usageConfig>;
