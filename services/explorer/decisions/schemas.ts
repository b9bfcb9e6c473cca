import { z } from "@hono/zod-openapi";
import { isPrintable, PRINTABLE_NAME } from "@apportion/runtime/printable";

/** It stands on record, in the ledger and in files, on one line. */
const REASON_CHARACTERS_MAX = 300;
export const line = z
  .string()
  .max(REASON_CHARACTERS_MAX)
  .transform((text) => text.replace(/\s+/g, " ").trim())
  .refine(isPrintable, PRINTABLE_NAME);
export const id = z.string().min(1).max(200);

export const prepared = z.object({ id: z.string(), expiresAt: z.string() }).openapi("PreparedDecision");
export const decided = z.object({ state: z.literal("done") });
