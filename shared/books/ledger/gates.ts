import { z } from "zod";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { defineQuery, select } from "@apportion/clickhouse/query";
import {
  addDays,
  type BillingPeriod,
  billingPeriodOf,
  dayOf,
  daysOf,
  firstDayOf,
  nextBillingPeriod,
  parseDay,
} from "@apportion/domain/period";
import { isPending, type QuarantinedReading, quarantinedReadings } from "../readings/quarantined.js";
import type { Reconciliation } from "../reconcile/reconcile.js";
import { residualText } from "../reconcile/residuals.js";
import { staleDays } from "../runs/stale-days.js";
import { billAgreement } from "./agreed.js";
import { readWaitingDrafts, type WaitingDraft } from "./waiting-drafts.js";
import { closedMonths } from "./journals.js";
import { openMonth } from "./open-month.js";
import type { MonthEvidence, Verification } from "./verify.js";

/** One condition of a close. */
export interface Gate {
  readonly name:
    "over" | "in-order" | "complete" | "agreed" | "quarantine" | "allocated" | "verified" | "reconciled";
  readonly passed: boolean;
  /** What was found, for people; what to do where it did not pass. */
  readonly says: string;
}

export interface GateDeps {
  readonly clickhouse: ClickHouse;
  readonly clock: () => Date;
}

/** What the close promises, from the `allocation.close` section. */
export interface CloseConfig {
  /** Day of the following month up to which a month may still be restated. */
  readonly settleDay: number;
  /** Hours that two readings of the bill must lie apart that say the same; 0 where one is enough. */
  readonly agreedHours: number;
  /** With which the books begin; by default the first month of which cost was collected. */
  readonly firstMonth?: BillingPeriod | undefined;
  /** Percent of the bill that must be attributed, as a decimal. */
  readonly accuracyPercentMin: string;
  /** Percent of Kubecost's list price by which the bill may differ from it, as a decimal. */
  readonly rateVariancePercentMax: string;
  /** Whether the deployment declares that there is no bill, and charges list prices. */
  readonly isWithoutBill?: boolean | undefined;
}

/** All gates of a month, each with what it found. */
export async function evaluateGates(
  deps: GateDeps,
  month: BillingPeriod,
  evidence: MonthEvidence,
  config: CloseConfig,
): Promise<Gate[]> {
  return [
    overGate(deps.clock(), month, config),
    await orderGate(deps.clickhouse, month, config),
    await completeGate(deps.clickhouse, month),
    await agreedGate(deps.clickhouse, month, config),
    await quarantineGate(deps.clickhouse, month),
    await allocatedGate(deps.clickhouse, month, evidence),
    verifiedGate(evidence.verification),
    reconciledGate(evidence.reconciliation, config),
  ];
}

/** What a month waits for, found with no more than a look. */
export interface Waiting {
  /** Gates that its readings and people's decisions would not let pass now. */
  readonly failing: readonly Gate[];
  /** Readings of the month in quarantine. */
  readonly quarantined: number;
  /** Of months that are closed: what is released of them is a correction. */
  readonly quarantinedOfClosed: number;
  /** Adjustments and decisions that wait for somebody to approve them. */
  readonly drafts: readonly WaitingDraft[];
}

export async function readWaiting(clickhouse: ClickHouse, month: BillingPeriod, now: Date): Promise<Waiting> {
  const pending = (await quarantinedReadings(clickhouse)).filter(isPending);
  const closed = new Set((await closedMonths(clickhouse)).map(({ period }) => period));
  const own = pending.filter(isOf(month));
  const gates = closed.has(month) ? [] : [await completeGate(clickhouse, month), quarantineGateOf(own)];
  return {
    failing: gates.filter(({ passed }) => !passed),
    quarantined: own.length,
    quarantinedOfClosed: pending.filter(({ period_start }) =>
      closed.has(billingPeriodOf(parseDay(period_start.slice(0, 10)))),
    ).length,
    drafts: await readWaitingDrafts(clickhouse, now),
  };
}

/** Whether a reason may let a month be closed that does not pass a gate: only what is attributed of a bill that was read can be overridden. */
export function isOverridable({ name }: Gate, { hasBill }: Pick<Reconciliation, "hasBill">): boolean {
  return name === "reconciled" && hasBill;
}

function overGate(now: Date, month: BillingPeriod, { settleDay }: CloseConfig): Gate {
  const settled = addDays(firstDayOf(nextBillingPeriod(month)), settleDay - 1);
  const passed = dayOf(now) > settled;
  const says = passed ? `it ended and settled on ${settled}` : `sources may restate it until ${settled}`;
  return { name: "over", passed, says };
}

/** Months are closed one after the other. The books begin with the first month of which cost was collected, or as configured. */
async function orderGate(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  { firstMonth }: CloseConfig,
): Promise<Gate> {
  const last = (await closedMonths(clickhouse)).at(-1)?.period;
  const expected = (await openMonth(clickhouse, firstMonth)) ?? month;
  const passed = month === expected;
  const says =
    last !== undefined
      ? passed
        ? `${last} is closed`
        : `${last} is the last closed month: close ${expected} first`
      : passed
        ? "the first month in the books"
        : firstMonth === undefined
          ? `${expected} was collected too: close it first, or say with allocation.close.firstMonth that the books begin later`
          : `allocation.close.firstMonth says that the books begin with ${expected}`;
  return { name: "in-order", passed, says };
}

const COMPLETENESS = defineQuery({
  name: "readings of a month by status",
  sql: `SELECT status, count() AS readings, arrayStringConcat(arraySlice(groupUniqArray(
    concat(dataset, '/', source, '/', scope)), 1, 3), ', ') AS names
FROM reading_completeness WHERE formatDateTime(reading_completeness.day, '%Y-%m') = {month:String}
GROUP BY status ORDER BY status`,
  params: z.object({ month: z.string() }),
  row: z.object({ status: z.string(), readings: z.string().transform(Number), names: z.string() }),
});

async function completeGate(clickhouse: ClickHouse, month: BillingPeriod): Promise<Gate> {
  const rows = await select(clickhouse, COMPLETENESS, { month });
  const open = rows.filter(({ status }) => status !== "final");
  const final = rows.find(({ status }) => status === "final")?.readings ?? 0;
  const passed = open.length === 0 && final > 0;
  const says = passed
    ? `all ${final} expected readings are final`
    : rows.length === 0
      ? "no reading of the month is expected or there"
      : `${open.map(({ status, readings, names }) => `${readings} ${status} (${names})`).join("; ")}: see \`apportion completeness\``;
  return { name: "complete", passed, says };
}

/** A bill that calls itself final is restated all the same: it is believed once it has said the same for a while. */
async function agreedGate(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  { agreedHours: hours }: CloseConfig,
): Promise<Gate> {
  const name = "agreed";
  if (hours === 0) return { name, passed: true, says: "one reading of the bill is enough, as configured" };
  const bills = await billAgreement(clickhouse, month, hours);
  if (bills.length === 0) return { name, passed: true, says: "no bill of the month was read" };
  const open = bills.filter(({ open_days }) => open_days > 0);
  const says =
    open.length === 0
      ? `two readings of the bill ${hours} hours apart agree on every day`
      : open
          .map(
            ({ source, scope, days, open_days, passes_from }) =>
              `${open_days} of ${days} days of ${source}/${scope} were not read alike twice, ${hours} hours apart: read the bill again from ${passes_from} UTC on`,
          )
          .join("; ");
  return { name, passed: open.length === 0, says };
}

async function quarantineGate(clickhouse: ClickHouse, month: BillingPeriod): Promise<Gate> {
  return quarantineGateOf((await quarantinedReadings(clickhouse)).filter(isPending).filter(isOf(month)));
}

function isOf(month: BillingPeriod): (reading: QuarantinedReading) => boolean {
  return ({ period_start }) => period_start.startsWith(month);
}

function quarantineGateOf(pending: readonly QuarantinedReading[]): Gate {
  const passed = pending.length === 0;
  const says = passed
    ? "nothing is in quarantine"
    : `${pending.length === 1 ? "1 reading waits" : `${pending.length} readings wait`} for a decision: ${pending.map(({ id }) => id).join(", ")}`;
  return { name: "quarantine", passed, says };
}

/** Each day's run must be the one that its inputs give now: nothing that is visible may be missing from it. */
async function allocatedGate(
  clickhouse: ClickHouse,
  month: BillingPeriod,
  { runs, rules }: MonthEvidence,
): Promise<Gate> {
  const otherwise = new Set(await staleDays(clickhouse, month, rules, runs));
  const stale = daysOf(month).filter((day) => otherwise.has(day) || runs.every((each) => each.day !== day));
  const incomplete = runs.filter(({ missing }) => missing.length > 0).map(({ day }) => day);
  const passed = stale.length === 0 && incomplete.length === 0;
  const says = passed
    ? `${runs.length} days are sealed under the rules in force`
    : [
        stale.length > 0 ? `not allocated with all that is visible: ${stale.join(", ")}` : "",
        incomplete.length > 0 ? `allocated without an expected reading: ${incomplete.join(", ")}` : "",
      ]
        .filter(Boolean)
        .join("; ");
  return { name: "allocated", passed, says };
}

function verifiedGate({ findings, days, lines }: Verification): Gate {
  const [first] = findings;
  const says = first
    ? `${findings.length} findings, first: ${first.where}: ${first.what}`
    : `${lines} lines of ${days} days computed again: the same, to the last of 12 places`;
  return { name: "verified", passed: first === undefined, says };
}

function reconciledGate(
  { hasBill, accuracyPercent, kubernetes, residuals }: Reconciliation,
  { accuracyPercentMin, rateVariancePercentMax, isWithoutBill = false }: CloseConfig,
): Gate {
  // A month of which a bill was read is compared with it, whatever is declared since.
  if (!hasBill)
    return {
      name: "reconciled",
      passed: isWithoutBill,
      says: isWithoutBill
        ? "there is no bill, as declared: the month is closed at list price"
        : "there is no bill of the month: costs are list prices. `bill: none` in the configuration declares that there is none",
    };
  const { rateVariancePercent } = kubernetes;
  const isPriced =
    rateVariancePercent !== null && Number(rateVariancePercent) <= Number(rateVariancePercentMax);
  const [largest] = residuals.filter(({ missed }) => missed !== "0");
  const says = [
    `${accuracyPercent} % of the bill is attributed, ${accuracyPercentMin} % is promised`,
    ...(largest ? [`the largest residual is ${residualText(largest)}`] : []),
    ...(isPriced
      ? []
      : [
          `the bill of Kubernetes differs from its list price by ${rateVariancePercent ?? "more than 100"} %, ${rateVariancePercentMax} % is the most`,
        ]),
  ].join("; ");
  return {
    name: "reconciled",
    passed: isPriced && Number(accuracyPercent) >= Number(accuracyPercentMin),
    says,
  };
}
