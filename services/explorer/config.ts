import { z } from "zod";

/** Where pages and the API are answered when nobody says otherwise. */
export const EXPLORER_PORT = 8480;

/** The `explorer` section of `apportion.yaml`. */
export const explorerConfig = z.strictObject({
  host: z
    .enum(["127.0.0.1", "::1"])
    .default("127.0.0.1")
    .describe("Address on which it listens. Without a sign-in it answers this machine alone"),
  port: z
    .union([z.int().min(0).max(65_535), z.literal("off")])
    .optional()
    .describe(
      `Port of pages and API; 0 takes a free one, \`off\` answers nobody. ${EXPLORER_PORT} where absent, or a free one where that is taken`,
    ),
});
export type ExplorerConfig = z.infer<typeof explorerConfig>;
