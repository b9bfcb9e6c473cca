import { validate } from "node-cron";
import { z } from "zod";
import { closedMonthsConfig } from "@apportion/readings/closed-months";

/** The `bill` section of `apportion.yaml`. Whose bill it is stands in `aws`. */
export const billConfig = z.strictObject({
  schedule: z
    .string()
    .refine((text) => validate(text), { error: 'a cron expression such as "50 5 * * *"' })
    .default("50 5 * * *")
    .describe(
      "When the recent days are read, by the clocks of `timeZone`. Each page of Cost Explorer costs $0.01",
    ),
  lookbackDays: z
    .int()
    .min(1)
    .max(90)
    .default(45)
    .describe(
      "Days that each reading goes back at least. The whole previous month is always read, and each day until it is final",
    ),
  closedMonths: closedMonthsConfig(90),
});
export type BillConfig = z.infer<typeof billConfig>;
