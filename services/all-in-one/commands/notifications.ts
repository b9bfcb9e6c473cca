import pc from "picocolors";
import {
  type Notification,
  NOTIFICATION_KINDS,
  type NotificationState,
  readContent,
  readNotifications,
} from "@apportion/books/notifications/read-notifications";
import { parseBillingPeriod } from "@apportion/domain/period";
import { printable, requirePrintable } from "@apportion/runtime/printable";
import { openSystem } from "../system.js";
import { commandLogger } from "./command-logger.js";
import { type CommandContext, counted, parseFlag, print, printJson, UsageError } from "./context.js";
import { type CommonOptions, findGround, requireData } from "./load.js";
import { withPlatform } from "./platform.js";
import { unknownTeam } from "./unknown-team.js";

export interface NotificationsOptions extends CommonOptions {
  readonly month?: string;
  readonly team?: string;
  readonly kind?: string;
  readonly failed?: boolean;
}

/** States in which somebody may want to do something. */
const FAILED: readonly NotificationState[] = ["partly", "failed", "held", "deferred"];

/** Messages to people, the oldest first. */
export async function notificationsList(
  context: CommandContext,
  { month, team, kind, failed = false, ...options }: NotificationsOptions,
): Promise<void> {
  if (month !== undefined) parseFlag("--month", month, parseBillingPeriod);
  // A word that is written wrong must not read as "nothing was said".
  if (kind !== undefined && !(NOTIFICATION_KINDS as readonly string[]).includes(kind))
    throw new UsageError(`--kind: there is no kind "${kind}"; there are ${NOTIFICATION_KINDS.join(", ")}`);
  await withPlatform(context, options, async ({ clickhouse, registry }) => {
    const teams = registry.teams.map(({ id }) => id);
    if (team !== undefined && !teams.includes(team)) throw new UsageError(unknownTeam(team, teams));
    const all = await readNotifications(await clickhouse(), { month, team, kind });
    const shown = failed ? all.filter(({ state }) => FAILED.includes(state)) : all;
    if (options.json) return printJson(context, shown);
    for (const each of shown) for (const line of describeNotification(each)) print(context, line);
    print(context, pc.dim(summaryText(shown, failed)));
  });
}

function summaryText(shown: readonly Notification[], failed: boolean): string {
  if (shown.length === 0) return failed ? "Everything reached everybody." : "Nothing was said yet.";
  const open = shown.filter(({ state }) => FAILED.includes(state)).length;
  const says = "`apportion notifications show KEY` says more";
  const retry = "retry KEY sends what was given up again";
  return `${counted(shown.length, "message")}, ${open} of them did not reach everybody; ${says}; ${retry}.`;
}

/** All that is known of one. */
export async function notificationsShow(
  context: CommandContext,
  key: string,
  options: CommonOptions,
): Promise<void> {
  await withPlatform(context, options, async ({ clickhouse }) => {
    const tables = await clickhouse();
    // Those by which it was sent again, too.
    const found = await readNotifications(tables, {}, key);
    const one = found.find((each) => each.key === key);
    if (!one)
      throw new UsageError(`There is no message "${printable(key)}"; see \`apportion notifications list\``);
    const content = await readContent(tables, key);
    const retries = found.filter((each) => each.key.startsWith("retry/"));
    if (options.json) return printJson(context, { ...one, ...content, retries });
    for (const line of describeNotification(one)) print(context, line);
    if (one.messageId !== "") print(context, `  message id ${one.messageId}`);
    for (const each of retries) for (const line of describeNotification(each)) print(context, `  ${line}`);
    if (!content) return print(context, pc.dim("  Its text is not kept: it reached everybody by mail."));
    print(context, `\n${printable(content.subject)}\n`);
    for (const line of content.text.trimEnd().split("\n")) print(context, printable(line));
  });
}

/** Sends one again; true when it reached everybody now. */
export async function notificationsRetry(
  context: CommandContext,
  key: string,
  { by: given, ...options }: CommonOptions & { readonly by: string },
): Promise<boolean> {
  const by = given.trim();
  if (by === "")
    throw new UsageError("--by must say who wants it sent again: it is what somebody reads later");
  requirePrintable({ "--by": by });
  const { config, opening } = await findGround(context, options);
  requireData(config, options);
  if (!config.notifier)
    throw new UsageError(
      "notifications: the configuration has no section `notifier`, so nothing can be sent",
    );
  const logger = commandLogger(config.logLevel);
  const system = await openSystem(config, { ...opening, logger });
  try {
    const sentAs = await system.notifier?.retry({ key, by });
    const found = await readNotifications(await system.platform.clickhouse(), {}, sentAs);
    const one = found.find((each) => each.key === sentAs);
    if (!one) throw new Error(`${key} is not on record`);
    if (options.json) printJson(context, one);
    else for (const line of describeNotification(one)) print(context, line);
    if (!options.json && one.state !== "sent" && one.messageId === "")
      print(context, pc.dim("It did not arrive yet; the notifier goes on trying while `up` runs."));
    return one.state === "sent";
  } finally {
    await system.platform.close();
  }
}

const COLOURS: Readonly<Record<NotificationState, (text: string) => string>> = {
  sent: pc.green,
  "sent again": pc.green,
  waiting: pc.cyan,
  deferred: pc.yellow,
  held: pc.yellow,
  partly: pc.red,
  failed: pc.red,
};

/** A line for the message, and one for each recipient whom it did not reach. */
export function describeNotification(each: Notification): string[] {
  const { key, at, state, channel, recipients, missed, askedBy } = each;
  const to = recipients.length > 0 ? recipients.join(", ") : "nobody";
  const what = [at, channel === "" ? `to ${to}` : `to the channel ${channel}`];
  return [
    `${pc.bold(printable(key))}  ${COLOURS[state](state)}  ${printable(what.join("  "))}`,
    ...missed.map(({ recipient, reply }) => `  ${printable(`${recipient}: ${reply}`)}`),
    ...(askedBy === "" ? [] : [`  sent again for ${printable(askedBy)}`]),
  ];
}
