import { z } from "zod";
import {
  areDistinct,
  BESIDE_MISTAKES,
  hasNoCredentials,
  NO_CREDENTIALS,
} from "@apportion/runtime/config-rules";
import { secretSchema } from "@apportion/runtime/secret-schema";

const endpoint = z.url({ protocol: /^https?$/ }).refine(hasNoCredentials, { error: NO_CREDENTIALS });

/** The `aws` section of `apportion.yaml`: whose bill it is, how it is asked, and which of its amounts is charged. */
export const awsConfig = z.strictObject({
  accounts: z
    .array(z.string().regex(/^\d{12}$/, "the 12 digits of an AWS account, in quotes"))
    .min(1)
    .refine((accounts) => areDistinct(accounts), {
      ...BESIDE_MISTAKES,
      error: "an account is named twice",
    })
    .describe("Accounts whose costs are read; each is read and restated on its own"),
  costExplorerEndpoint: endpoint
    .optional()
    .describe("Another address of Cost Explorer than AWS's own, for tests and proxies"),
  s3Endpoint: endpoint.optional().describe("Another address of S3 than AWS's own"),
  stsEndpoint: endpoint.optional().describe("Another address of STS than AWS's own"),
  cloudWatchEndpoint: endpoint.optional().describe("Another address of CloudWatch than AWS's own"),
  credentials: z
    .strictObject({
      accessKeyId: secretSchema,
      secretAccessKey: secretSchema,
      sessionToken: secretSchema.optional(),
    })
    .optional()
    .describe("Absent: found as the AWS SDK does (environment, profile, role of the pod or machine)"),
  ca: secretSchema
    .optional()
    .describe(
      "Certificate of the authority that signed AWS's endpoints or a proxy's, PEM; besides it no other is trusted",
    ),
  teamTag: z.string().min(1).max(128).default("team").describe("Cost allocation tag that names the team"),
  chargeBy: z
    .enum(["NetAmortizedCost", "AmortizedCost", "UnblendedCost"])
    .default("NetAmortizedCost")
    .describe("Cost Explorer's metric that is charged, for all sources alike; the others are kept beside it"),
  timeoutMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(30_000)
    .describe("How long one answer may take, the whole of it, in milliseconds"),
  responseBytesMax: z
    .int()
    .min(1024)
    .default(64 * 1024 * 1024)
    .describe("An answer with more bytes is refused"),
  attemptsMax: z.int().min(1).max(20).default(4).describe("Calls for one answer before it is given up"),
  cacheMinutes: z
    .int()
    .min(0)
    .max(24 * 60)
    .default(30)
    .describe("How long an answer of Cost Explorer serves the same question again: each page costs $0.01"),
  pagesMax: z
    .int()
    .min(1)
    .max(100_000)
    .default(500)
    .describe("Pages of Cost Explorer in 24 hours at most; more are refused until some hours have passed"),
});
export type AwsConfig = z.infer<typeof awsConfig>;
