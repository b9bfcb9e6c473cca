import { z } from "@hono/zod-openapi";
import { type BillingPeriod, type Day, parseBillingPeriod, parseDay } from "@apportion/domain/period";

/** Checks text by a parser of the domain, whose message says what is expected. */
function parsed<T>(parse: (text: string) => T): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: (error as Error).message });
      return z.NEVER;
    }
  });
}

const MONTH = { type: "string", pattern: "^\\d{4}-\\d{2}$", example: "2026-11" } as const;
const DAY = { type: "string", format: "date", example: "2026-11-01" } as const;

/** Billing period, UTC. */
export const month = parsed<BillingPeriod>(parseBillingPeriod).openapi({
  ...MONTH,
  description: "Billing period, UTC",
});
/** Day, UTC. */
export const day = parsed<Day>(parseDay).openapi({ ...DAY, description: "Day, UTC" });
export const teamId = z
  .string()
  .min(1)
  .max(200)
  .openapi({ example: "search", description: "Id of a team; also idle, corporate or unallocated" });

export const monthText = z.string().openapi(MONTH);
export const dayText = z.string().openapi(DAY);
/** In cents, as printed. */
export const amount = z.string().openapi({
  example: "1230.45",
  description: "Amount in the currency of the answer, as printed: rows add up to totals",
});
/** Exactly. */
export const exact = z
  .string()
  .openapi({ example: "1230.449999999998", description: "Exact amount, up to 12 places" });
export const currency = z
  .string()
  .openapi({ example: "USD", description: "ISO 4217, of every amount in the answer" });
