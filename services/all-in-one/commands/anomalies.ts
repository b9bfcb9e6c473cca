import pc from "picocolors";
import { expectAnomaly } from "@apportion/advisor/expect";
import type { Anomaly } from "@apportion/books/anomalies/explain-anomaly";
import { type AnomaliesOfMonth, readAnomalies } from "@apportion/books/anomalies/read-anomalies";
import { requireAllocated } from "@apportion/books/months/allocated";
import { decimalOfCents } from "@apportion/domain/cents";
import { formatPicos } from "@apportion/domain/money";
import {
  type BillingPeriod,
  billingPeriodOf,
  dayOf,
  parseBillingPeriod,
  parseDay,
  previousBillingPeriod,
} from "@apportion/domain/period";
import {
  anomalyCauses,
  anomalyHeadline,
  anomalyMovements,
  markText,
  withoutProtectedNames,
} from "@apportion/reports/anomalies/words";
import { dayText } from "@apportion/reports/format";
import type { Platform } from "@apportion/platform/platform";
import type { ApportionConfig } from "../config.js";
import { type CommandContext, counted, parseFlag, print, printJson, UsageError } from "./context.js";
import type { CommonOptions } from "./load.js";
import { withPlatform } from "./platform.js";
import { unknownTeam } from "./unknown-team.js";

/** Movements that are shown; `--json` has all. */
const MOVEMENTS_SHOWN = 12;

export interface AnomalyOptions extends CommonOptions {
  readonly month?: string;
}

/** Days of a month that nobody expected, then those that somebody did. Writes nothing. */
export async function anomaliesList(
  context: CommandContext,
  options: AnomalyOptions & { readonly team?: string },
): Promise<void> {
  const period = monthOf(context, options);
  await withPlatform(context, options, async (platform, config) => {
    const { team } = options;
    await requireAllocated(await platform.clickhouse(), period);
    const teams = platform.registry.teams.map(({ id }) => id);
    if (team !== undefined && !teams.includes(team)) throw new UsageError(unknownTeam(team, teams));
    const read = await readShown(
      platform,
      config,
      period,
      (found) => team === undefined || found.team === team,
    );
    const { currency } = platform;
    if (options.json)
      return printJson(context, {
        month: period,
        currency,
        settledDays: read.settled.length,
        ...platform.anomalyFloors,
        anomalies: read.anomalies.map(toJson),
      });
    for (const line of listLines(period, read, platform)) print(context, line);
  });
}

export async function anomaliesShow(
  context: CommandContext,
  id: string,
  options: AnomalyOptions,
): Promise<void> {
  await withPlatform(context, options, async (platform, config) => {
    const found = await readOne(context, platform, config, id, options);
    if (options.json) return printJson(context, { currency: platform.currency, ...toJson(found) });
    for (const line of showLines(found, platform)) print(context, line);
  });
}

/** Marks an anomaly as expected; the log is told, so that the mark outlives the tables. */
export async function anomaliesExpect(
  context: CommandContext,
  id: string,
  {
    by,
    reason,
    until,
    ...options
  }: AnomalyOptions & { readonly by: string; readonly reason: string; readonly until?: string },
): Promise<void> {
  const untilDay = until === undefined ? undefined : parseFlag("--until", until, parseDay);
  await withPlatform(context, options, async (platform, config) => {
    const recovery = await platform.recovery();
    await recovery.requireWhole();
    const found = await readOne(context, platform, config, id, options);
    const clickhouse = await platform.clickhouse();
    const because = { by, reason, ...(untilDay && { until: untilDay }) };
    await expectAnomaly({ clickhouse, clock: context.now }, found, because);
    await recovery.tell();
    if (options.json) return printJson(context, { id, by, reason, until: untilDay ?? null });
    print(context, `${id} expected by ${by}: ${anomalyHeadline(found, platform.currency)}`);
  });
}

function monthOf(context: CommandContext, { month }: AnomalyOptions): BillingPeriod {
  return month === undefined
    ? billingPeriodOf(dayOf(context.now()))
    : parseFlag("--month", month, parseBillingPeriod);
}

/** Of the month that is named, else of the running one or the last: on the first days of a month it is the last one's days that settle. */
async function readOne(
  context: CommandContext,
  platform: Platform,
  config: ApportionConfig,
  id: string,
  options: AnomalyOptions,
): Promise<Anomaly> {
  const period = monthOf(context, options);
  const periods = options.month === undefined ? [period, previousBillingPeriod(period)] : [period];
  for (const each of periods) {
    const { anomalies } = await readShown(platform, config, each, (found) => found.id === id);
    const [found] = anomalies;
    if (found) return found;
  }
  throw new UsageError(
    `There is no anomaly "${id}" in ${periods.join(" or ")}; see \`apportion anomalies list --month ${period}\``,
  );
}

async function readShown(
  { clickhouse, registry, anomalyFloors: floors }: Platform,
  { protectedNames }: ApportionConfig,
  period: BillingPeriod,
  isWanted: (found: { readonly id: string; readonly team: string }) => boolean,
): Promise<AnomaliesOfMonth> {
  const client = await clickhouse();
  const read = await readAnomalies(client, { period, registry, floors, isWanted });
  const showsProtected = protectedNames.shownTo.includes("finance");
  return showsProtected ? read : { ...read, anomalies: read.anomalies.map(withoutProtectedNames) };
}

function listLines(
  period: BillingPeriod,
  { settled, anomalies }: AnomaliesOfMonth,
  { currency, anomalyFloors }: Pick<Platform, "currency" | "anomalyFloors">,
): string[] {
  const { atLeast, atLeastPercent } = anomalyFloors;
  const basis = `${period}: ${counted(settled.length, "settled day")}`;
  const floors = `by ${currency} ${atLeast} and ${atLeastPercent} % at least`;
  const open = anomalies.filter(({ mark }) => !mark);
  const expected = anomalies.filter(({ mark }) => mark);
  const lines = (anomaly: Anomaly): string[] => [
    `${pc.bold(anomaly.id)}  ${anomalyHeadline(anomaly, currency)}`,
    `  ${anomalyCauses(anomaly, currency)}`,
    ...(anomaly.mark ? [pc.dim(`  ${markText(anomaly.mark)}`)] : []),
  ];
  return [
    pc.bold(
      open.length === 0
        ? `${basis}, and none on which a team's cost was off ${floors} that was not expected`
        : `${basis}; off what was to be expected ${floors}:`,
    ),
    ...open.flatMap(lines),
    ...(expected.length === 0 ? [] : ["", pc.bold("Marked as expected:"), ...expected.flatMap(lines)]),
    ...(anomalies.length === 0
      ? []
      : [pc.dim("apportion anomalies show ID says what did it, down to workloads.")]),
  ];
}

function showLines(
  anomaly: Anomaly,
  { registry, currency }: Pick<Platform, "registry" | "currency">,
): string[] {
  const moved = anomalyMovements(anomaly, { registry, currency });
  const rest = moved.length - MOVEMENTS_SHOWN;
  return [
    `${pc.bold(anomaly.id)}  ${anomalyHeadline(anomaly, currency)}`,
    `  ${anomalyCauses(anomaly, currency)}`,
    ...moved.slice(0, MOVEMENTS_SHOWN).map((text) => `    ${text}`),
    ...(rest > 0 ? [`    ${counted(rest, "smaller movement")}; --json has all`] : []),
    ...(anomaly.mark ? [`  ${markText(anomaly.mark)}`] : []),
    pc.dim(`  compared with ${dayText(anomaly.against)}, the last such day that was as expected`),
  ];
}

/** Amounts as decimal strings; movements add up to `cost` less `before`. */
function toJson({
  mark,
  expected,
  low,
  high,
  cost,
  before,
  effects,
  movements,
  ...anomaly
}: Anomaly): object {
  return {
    ...anomaly,
    expected: formatPicos(expected),
    low: formatPicos(low),
    high: formatPicos(high),
    cost: formatPicos(cost),
    before: formatPicos(before),
    effects: effects.map(({ effect, picos, cents }) => ({
      effect,
      amount: decimalOfCents(cents),
      exact: formatPicos(picos),
    })),
    movements: movements.map(({ effect, subject, cents, picos }) => ({
      effect,
      subject,
      amount: decimalOfCents(cents),
      exact: formatPicos(picos),
    })),
    markedAsExpected: mark
      ? { by: mark.by, reason: mark.reason, at: mark.at, until: mark.until ?? null }
      : null,
  };
}
