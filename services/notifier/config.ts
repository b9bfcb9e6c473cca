import { validate } from "node-cron";
import { z } from "zod";
import { addressesSchema } from "@apportion/registry/fields";
import type { ReportSettings } from "@apportion/registry/report-settings";
import { BESIDE_MISTAKES } from "@apportion/runtime/config-rules";
import { isPrintable, PRINTABLE_NAME } from "@apportion/runtime/printable";
import { secretSchema } from "@apportion/runtime/secret-schema";
import { timeZoneSchema } from "@apportion/runtime/time-zone";
import { quietHoursConfig } from "./quiet-hours.js";
import { channelsConfig } from "./channels/config.js";

const timeoutMs = z.int().min(100).max(600_000);
/** Header values come from here: no line break can get into a header. */
const headerText = z.string().refine(isPrintable, PRINTABLE_NAME);
const mailbox = z.union([z.email(), headerText.max(200).regex(/^[^<>]{1,100} <[^<>\s]+@[^<>\s]+>$/)], {
  error: 'an address such as finops@example.com or "FinOps <finops@example.com>"',
});

export const smtpConfig = z
  .strictObject({
    host: z.string().min(1).max(253).describe("Mail server that takes our mail"),
    port: z.int().min(1).max(65_535).default(587).describe("Its port: 587 with STARTTLS, 465 with TLS"),
    security: z
      .enum(["tls", "starttls", "none"])
      .default("starttls")
      .describe(
        "tls: encrypted from the first byte; starttls: refused unless the connection is upgraded; none: only for a relay on this machine",
      ),
    auth: z
      .strictObject({
        user: z.string().min(1).describe("User name"),
        password: secretSchema.describe("Password, as { env: NAME } or { file: PATH }"),
      })
      .optional()
      .describe("Absent for a relay that trusts this machine"),
    connectTimeoutMs: timeoutMs.default(10_000).describe("To connect, and to be greeted, in milliseconds"),
    // A server that looks through what is attached takes the mail after we hung up, and who does not hear its yes sends the mail again. RFC 5321,
    // 4.5.3.2.6, gives it ten minutes: more than a claim and a batch of mails have for several such.
    socketTimeoutMs: timeoutMs
      .default(120_000)
      .describe(
        "Longest silence of the server, in milliseconds. A server may take minutes to look through a mail before it says yes; with less a mail that it takes later is sent again",
      ),
  })
  .refine((smtp) => smtp.security !== "none" || smtp.auth === undefined, {
    ...BESIDE_MISTAKES,
    path: ["security"],
    error: "a password is never sent over a connection that is not encrypted: use starttls or tls",
  });
export type SmtpConfig = z.infer<typeof smtpConfig>;

const thresholds = z
  .array(z.int().min(1).max(200))
  .max(10)
  .refine(
    (percents) => percents.every((percent, index) => index === 0 || (percents[index - 1] ?? 0) < percent),
    {
      error: "from the smallest to the largest, each once",
    },
  );

/** The `notifier` section of `apportion.yaml`. */
export const notifierConfig = z.strictObject({
  smtp: smtpConfig.describe("Mail server"),
  from: mailbox.describe("Sender of every mail"),
  replyTo: z.email().optional().describe("Where answers go; the sender where absent"),
  finance: addressesSchema
    .min(1)
    .max(50)
    .describe(
      "Who receives the finance summary, what could not be delivered, and mails of teams without contacts; in small letters, whatever they are written in",
    ),
  messageIdDomain: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/i, "a domain such as apportion.example.com")
    .max(190)
    .optional()
    .describe(
      "Right-hand side of the Message-IDs; the sender's domain where absent. Keep it: it identifies repeats",
    ),
  thresholdsPercent: thresholds
    .default([80, 90, 100])
    .describe("Percent of a month's budget at which the team is told, once each"),
  forecastThresholdsPercent: thresholds
    .default([100])
    .describe(
      "Percent of a month's budget of which the team is told, once each, when the month is expected to reach it; `[]`: never",
    ),
  giveUpAfterHours: z
    .number()
    .positive()
    .max(120)
    .default(6)
    .describe(
      "How long a recipient that the mail server puts off (4xx), or a channel that does not answer, is tried before finance is told instead",
    ),
  quietHours: quietHoursConfig
    .optional()
    .describe(
      "When nobody is roused: alerts wait until they end, but for those that 100 % of a budget and more is spent, and so do reports that are sent by themselves and that a month is not closed. What a channel put off is tried again in them too: its messages keep their order, and what rouses may wait behind the others",
    ),
  limits: z
    .strictObject({
      ofTeamADay: z
        .int()
        .min(1)
        .max(10_000)
        .default(10)
        .describe(
          "Alerts of one team that go out on a day of UTC; those that the mail server refuses count too, and what takes an alert back does not",
        ),
      inAllADay: z.int().min(1).max(1_000_000).default(200).describe("Alerts of all teams on a day of UTC"),
    })
    .prefault({})
    .describe(
      "How many alerts a bad reading can bring about at most. What is beyond is held back, on record: one mail a day says so to finance, and `apportion notifications retry` sends it. Reports are not limited",
    ),
  channels: channelsConfig
    .default([])
    .describe(
      "Where teams and finance are told beside their mail, in the same words: each message once for each channel",
    ),
  reports: z
    .strictObject({
      schedule: z
        .string()
        .refine((text) => text === "off" || validate(text), {
          error: 'a cron expression such as "0 6 8-31 * *", or "off"',
        })
        .default("0 6 8-31 * *")
        .describe(
          "When last month's reports are sent, by the clocks of `timeZone`: each edition once, so a daily schedule makes up for a day that was missed. A month that is closed is reported as it was posted, at once and at the latest here. `off`: only `report --send` sends reports, and nothing is said of a month that cannot close",
        ),
      timeZone: timeZoneSchema
        .optional()
        .describe(
          "Time zone of these schedules, such as Europe/Berlin; the deployment's where absent. The month, and the days of its costs, stay those of UTC",
        ),
      notClosed: z
        .string()
        .refine((text) => text === "off" || validate(text), {
          error: 'a cron expression such as "0 7 * * *", or "off"',
        })
        .default("0 7 * * *")
        .describe(
          "When finance is told why last month is not closed, once a day from when it has settled (`allocation.close.settleDay`) until it is: which gates do not pass, what is missing, which command mends it; in quiet hours when they end. `off`: never",
        ),
      settleDay: z
        .int()
        .min(1)
        .max(28)
        .default(7)
        .describe(
          "Day of the next month up to which reports say that sources still restate the month; a month is final when it is closed",
        ),
      chargingBasis: headerText
        .max(300)
        .optional()
        .describe(
          "How dollars are counted, printed on every report; what `aws.chargeBy` says, or list prices without a bill, where absent",
        ),
      questionsTo: headerText
        .max(300)
        .optional()
        .describe("Where questions about a report go, printed on it; the finance recipients where absent"),
    })
    .prefault({})
    .describe("Monthly reports"),
});
export type NotifierConfig = z.infer<typeof notifierConfig>;

/** What reports print of the section. */
export function reportSettingsOf({
  reports: { settleDay, chargingBasis, questionsTo },
  finance,
  thresholdsPercent,
}: Pick<NotifierConfig, "reports" | "finance" | "thresholdsPercent">): ReportSettings {
  return { settleDay, chargingBasis, questionsTo: questionsTo ?? finance.join(", "), thresholdsPercent };
}

/** Domain of the Message-IDs: as configured, or the sender's. */
export function messageIdDomainOf(config: Pick<NotifierConfig, "from" | "messageIdDomain">): string {
  return config.messageIdDomain ?? config.from.replace(/^.*@/, "").replace(/>$/, "");
}
