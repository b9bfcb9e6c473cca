import { z } from "zod";
import type { Clock } from "@apportion/runtime/service";
import { localTime, timeZoneSchema } from "@apportion/runtime/time-zone";
import type { DeliverySubject } from "./delivery/key.js";

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as "20:00"');

export const quietHoursConfig = z
  .strictObject({
    from: timeOfDay.describe("When they begin"),
    to: timeOfDay.describe("When they end, the next day where that is earlier"),
    timeZone: timeZoneSchema
      .optional()
      .describe("By whose clocks, such as Europe/Berlin; the deployment's `timeZone` where absent"),
  })
  .refine(({ from, to }) => from !== to, { path: ["to"], error: "ends when it begins" });

export interface QuietHours {
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
}

export function isQuiet(quiet: QuietHours | undefined, clock: Clock): boolean {
  if (!quiet) return false;
  const { from, to, timeZone } = quiet;
  const time = localTime(timeZone, clock()).toISOString().slice(11, 16);
  return from < to ? from <= time && time < to : from <= time || time < to;
}

/** `07:30` → `30 7 * * *` */
export function cronOfEnd({ to }: QuietHours): string {
  const [hour, minute] = to.split(":").map(Number);
  return `${minute} ${hour} * * *`;
}

/** Whether a message goes out at night: that a budget is spent. Nobody can do anything about the rest before the morning. */
export function rouses(about: DeliverySubject): boolean {
  return about.kind === "budget-alert" && about.thresholdPercent >= 100;
}
