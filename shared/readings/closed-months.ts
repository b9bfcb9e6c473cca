import { validate } from "node-cron";
import { z } from "zod";

/** How a collector's section says that closed months are read again. `days` is the default. */
export function closedMonthsConfig(days: number) {
  return z
    .strictObject({
      schedule: z
        .string()
        .refine((text) => validate(text), { error: 'a cron expression such as "30 2 * * 0"' })
        .default("30 2 * * 0")
        .describe("When they are read, by the clocks of `timeZone`"),
      days: z
        .int()
        .min(0)
        .max(365)
        .default(days)
        .describe("Days after its end that a month is read; 0: never. The source must keep as many"),
    })
    .prefault({})
    .describe("Months before those of lookbackDays are read again: what was restated becomes a correction");
}
