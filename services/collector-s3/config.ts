import { validate } from "node-cron";
import { z } from "zod";
import { amountSchema } from "@apportion/registry/config";
import { secretSchema } from "@apportion/runtime/secret";

const endpoint = z.url({ protocol: /^https?$/ });

/** The `s3` section of `apportion.yaml`. */
export const s3Config = z.strictObject({
  account: z
    .string()
    .regex(/^\d{12}$/, "the 12 digits of an AWS account, in quotes")
    .describe("AWS account whose S3 cost and buckets are read"),
  region: z.string().min(1).default("us-east-1").describe("Region in which the S3 API is asked for buckets"),
  endpoint: endpoint
    .optional()
    .describe("Another address of Cost Explorer than AWS's own, for tests and proxies"),
  s3Endpoint: endpoint.optional().describe("Another address of S3 than AWS's own"),
  credentials: z
    .strictObject({
      accessKeyId: secretSchema,
      secretAccessKey: secretSchema,
      sessionToken: secretSchema.optional(),
    })
    .optional()
    .describe("Absent: found as the AWS SDK does (environment, profile, role of the pod or machine)"),
  teamTag: z.string().min(1).max(128).default("team").describe("Cost allocation tag that names the team"),
  chargeBy: z
    .enum(["NetAmortizedCost", "AmortizedCost", "UnblendedCost"])
    .default("NetAmortizedCost")
    .describe(
      "Cost Explorer's metric that is charged; unblended is kept beside it to tie out with the invoice",
    ),
  costPerDayMax: amountSchema
    .default("1000000")
    .describe("A day that costs more is taken for a mistake, and its reading is quarantined"),
  timeoutMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(30_000)
    .describe("How long one answer may take, in milliseconds"),
  attemptsMax: z.int().min(1).max(20).default(4).describe("Calls for one answer before it is given up"),
  schedule: z
    .string()
    .refine((text) => validate(text), { error: 'a cron expression such as "40 5 * * *"' })
    .default("40 5,17 * * *")
    .describe("When the recent days are read, in UTC. Each page of Cost Explorer costs $0.01"),
  lookbackDays: z
    .int()
    .min(1)
    .max(90)
    .default(35)
    .describe("Days that each reading goes back: AWS restates a month for two weeks after its end"),
});
export type S3Config = z.infer<typeof s3Config>;
