import { validate } from "node-cron";
import { z } from "zod";
import { closedMonthsConfig } from "@apportion/readings/closed-months";
import { amountSchema } from "@apportion/registry/fields";

/** As its readings name it. */
export const SOURCE = "s3";

/** The `s3` section of `apportion.yaml`. Whose bill it is stands in `aws`. */
export const s3Config = z.strictObject({
  region: z.string().min(1).default("us-east-1").describe("Region in which the S3 API is asked for buckets"),
  sizes: z
    .boolean()
    .default(false)
    .describe(
      "Whether CloudWatch is asked how much each bucket stores in each storage class, and in how many objects",
    ),
  roles: z
    .record(
      z.string().regex(/^\d{12}$/, "the 12 digits of an AWS account, in quotes"),
      z.string().regex(/^arn:[a-z-]+:iam::\d{12}:role\/.+$/, "the ARN of a role"),
    )
    .default({})
    .describe(
      "Role that may list the buckets of an account, by account. Without one only those of the first of `aws.accounts` are listed, with the credentials themselves",
    ),
  costPerDayMax: amountSchema
    .default("1000000")
    .describe("A day that costs more is taken for a mistake, and its reading is quarantined"),
  schedule: z
    .string()
    .refine((text) => validate(text), { error: 'a cron expression such as "40 5 * * *"' })
    .default("40 5,17 * * *")
    .describe(
      "When the recent days are read, by the clocks of `timeZone`. Each page of Cost Explorer costs $0.01",
    ),
  lookbackDays: z
    .int()
    .min(1)
    .max(90)
    .default(35)
    .describe(
      "Days that each reading goes back at least. The whole previous month is always read, and each day until it is final",
    ),
  closedMonths: closedMonthsConfig(90),
});
export type S3Config = z.infer<typeof s3Config>;
