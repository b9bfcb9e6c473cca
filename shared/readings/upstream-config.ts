import { z } from "zod";
import { hasNoCredentials, NO_CREDENTIALS } from "@apportion/runtime/config-rules";
import { secretSchema } from "@apportion/runtime/secret-schema";

/** How to reach an upstream over HTTP; shared by the collectors' configurations. */
export const upstreamConfig = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .refine(hasNoCredentials, { error: `${NO_CREDENTIALS}: give basicAuth or bearerToken` })
    .describe("Base address, e.g. http://opencost.opencost:9003"),
  bearerToken: secretSchema.optional().describe("Sent as Authorization: Bearer"),
  basicAuth: z
    .strictObject({ username: z.string().min(1), password: secretSchema })
    .optional()
    .describe("Sent as Authorization: Basic"),
  ca: secretSchema
    .optional()
    .describe("Certificate of the authority that signed the server's, PEM; besides it no other is trusted"),
  timeoutMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(30_000)
    .describe("How long one answer may take, in milliseconds"),
  responseBytesMax: z
    .int()
    .min(1024)
    .default(256 * 1024 * 1024)
    .describe("An answer with more bytes is refused"),
  attemptsMax: z
    .int()
    .min(1)
    .max(20)
    .default(4)
    .describe("Calls for one answer before its reading is given up for a minute or more"),
  retryPauseMs: z
    .int()
    .min(1)
    .max(60_000)
    .default(500)
    .describe("Pause before the first repetition, doubled each time, in milliseconds"),
  requestsPerSecondMax: z
    .number()
    .positive()
    .max(1_000)
    .default(20)
    .describe("Calls a second at most, one at a time: a backfill must not be felt by who else asks"),
});
export type UpstreamConfig = z.infer<typeof upstreamConfig>;
