import { validate } from "node-cron";
import { z } from "zod";
import { upstreamConfig } from "@apportion/readings/upstream";

const mlflowConfig = upstreamConfig.extend({
  name: z.string().min(1).max(100).describe("Names this tracking server in tables and errors"),
  meter: z
    .string()
    .regex(/^[a-z0-9]+(\.[a-z0-9-]+)*$/, "lower-case words joined by points, such as mlflow.runs")
    .default("mlflow.runs")
    .describe("Name of the meter that policies refer to"),
  teamTag: z
    .string()
    .min(1)
    .max(250)
    .default("team")
    .describe("Tag that names the team, on the run before its experiment"),
});
export type MlflowConfig = z.infer<typeof mlflowConfig>;

/** The `usage` section of `apportion.yaml`. */
export const usageConfig = z.strictObject({
  mlflow: z
    .array(mlflowConfig)
    .min(1)
    .refine((servers) => new Set(servers.map(({ name }) => name)).size === servers.length, {
      error: "two servers have the same name",
    })
    .describe("MLflow tracking servers: runs by team, counted on the day they start"),
  settleHours: z
    .int()
    .min(0)
    .max(24 * 30)
    .default(48)
    .describe("Hours after the end of a day until which its reading is provisional; runs may be logged late"),
  schedule: z
    .string()
    .refine((text) => validate(text), { error: 'a cron expression such as "20 * * * *"' })
    .default("20 * * * *")
    .describe("When the recent days are read, in UTC"),
  lookbackDays: z
    .int()
    .min(1)
    .max(90)
    .default(4)
    .describe("Days that each reading goes back, today included"),
});
export type UsageConfig = z.infer<typeof usageConfig>;
