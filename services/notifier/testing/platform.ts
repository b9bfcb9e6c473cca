import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { CostLine } from "@apportion/books/months/month";
import { readMonth } from "@apportion/books/months/read-month";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { insertRows } from "@apportion/clickhouse/insert";
import { sha256 } from "@apportion/domain/hash";
import { formatPicos } from "@apportion/domain/money";
import {
  addDays,
  billingPeriodOf,
  nextBillingPeriod,
  parseDay,
  type BillingPeriod,
} from "@apportion/domain/period";
import { composeStatements, PICOS_PER_CENT } from "@apportion/domain/statement";
import type { ClusterAccounts, Team } from "@apportion/domain/tenancy";
import { encodeEvent } from "@apportion/events/catalogue";
import { platformConfig } from "@apportion/platform/config";
import { openPlatform, type Platform, type ProcessIdentity } from "@apportion/platform/platform";
import { registryOf } from "@apportion/reports/testing/months";
import { silentLogger } from "@apportion/runtime/logger";
import { notifierConfig } from "../config.js";
import type { Mailer, OutgoingMail } from "../delivery/mailer.js";
import { createNotifier, type Notifier } from "../service.js";

/** For tests: notifiers on the real log and engine, and what the allocator would have left in the tables. */
export interface TestPlatform {
  readonly platform: Platform;
  readonly clickhouse: ClickHouse;
  /** Mails that the mail server took, from whichever notifier. */
  readonly sent: OutgoingMail[];
  notifier(options: NotifierOptions): Notifier;
  /** Seals a run of these lines, which replaces earlier ones of their day. */
  seal(day: string, lines: readonly CostLine[], run?: SealedFrom): Promise<void>;
  /** Records since when these teams are configured. */
  configure(teams: readonly Team[], activatedAt: string): Promise<void>;
  /** Records since when allocation works with these accounts of clusters. */
  activate(accounts: ClusterAccounts, activatedAt: string): Promise<void>;
  /** Closes a month with what is sealed of it, under the rules in force since then where that matters. */
  close(period: BillingPeriod, postedAt: string, rulesActivatedAt?: string): Promise<void>;
  /** Posts what a team owes more for a closed month into the month after it: a decimal amount. */
  correct(period: BillingPeriod, teamId: string, amount: string): Promise<void>;
  /** Tells the log that a month was closed, as often as it is called. */
  announce(period: BillingPeriod): Promise<void>;
  rows(sql: string): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

interface SealedFrom {
  readonly missing?: readonly string[];
  /** When the costs of the day were read; long after it where absent. */
  readonly readAt?: string;
  /** When the newest input was. */
  readonly asOf?: string;
  /** A bill of the day, and whether the run is at its price. */
  readonly bill?: { readonly account: string; readonly pinned: boolean };
}

interface NotifierOptions {
  readonly now: string;
  readonly teams: readonly Team[];
  /** Instead of one that takes every mail. */
  readonly mailer?: Mailer;
  readonly schedule?: string;
  /** Instead of the process of the test. */
  readonly process?: ProcessIdentity;
}

export async function openTestPlatform(): Promise<TestPlatform> {
  const dataDir = mkdtempSync(join(tmpdir(), "apportion-notifier-"));
  const config = z.object(platformConfig).parse({ teams: [{ id: "unused", costCenter: "cc" }] });
  const platform = await openPlatform(config, {
    dataDir,
    clock: () => new Date(),
    logger: silentLogger,
  });
  const clickhouse = await platform.clickhouse();
  const recovery = await platform.recovery();
  const sent: OutgoingMail[] = [];
  let runs = 0;
  let journals = 0;
  return {
    platform,
    clickhouse,
    sent,
    notifier: ({ now, teams, mailer = takingAll(sent), schedule = "off", process = platform.process }) =>
      createNotifier(
        {
          ...platform,
          clickhouse,
          recovery,
          process,
          registry: registryOf(teams),
          billBasis: "net amortised cost",
          clock: () => new Date(now),
          mailer,
        },
        notifierConfig.parse({
          smtp: { host: "unused.example.com" },
          from: "finops@example.com",
          finance: ["finance@example.com"],
          reports: { schedule },
        }),
      ),
    async seal(day, lines, from = {}) {
      runs += 1;
      await insertRun(clickhouse, runs, day, lines, from);
    },
    async activate(accounts, activatedAt) {
      const content = JSON.stringify({ accounts });
      const version = { kind: "allocation", hash: sha256(content), activated_at: activatedAt, content };
      await insertRows(clickhouse, "configuration_versions", [version], { token: activatedAt });
    },
    async configure(teams, activatedAt) {
      const content = JSON.stringify(teams);
      const version = { kind: "teams", hash: sha256(content), activated_at: activatedAt, content };
      await insertRows(clickhouse, "configuration_versions", [version], { token: `teams/${activatedAt}` });
    },
    async close(period, postedAt, rulesActivatedAt = "") {
      journals += 1;
      const hash = sha256(`journal ${journals}`);
      await insertStatement(clickhouse, { seq: journals, hash, period, postedAt, rulesActivatedAt });
    },
    async correct(period, teamId, amount) {
      journals += 1;
      const hash = sha256(`journal ${journals}`);
      const journal_id = hash.slice(0, 32);
      const entry = { journal_id, line: 0, account: "team", side: "debit", team_id: teamId, amount };
      await insertRows(clickhouse, "journal_entries", [entry], { token: `${journal_id}/entries` });
      const posted = {
        kind: "correction",
        billing_period: nextBillingPeriod(period),
        corrects_period: period,
      };
      const journal = { seq: journals, journal_id, ...posted, hash };
      await insertRows(clickhouse, "journals", [journal], { token: `journal/${journals}` });
    },
    async announce(period) {
      const ledger = { seq: 1, charged: "0", previousHash: "", hash: sha256("journal 1") } as const;
      const data = { ...ledger, kind: "statement", billingPeriod: period, correctsPeriod: "" } as const;
      const said = { id: "1", source: "/test", key: "1", subject: period, time: new Date(0) };
      await platform.log.publish([encodeEvent("journalPosted", data, said)]);
    },
    async rows(sql) {
      const answer = await clickhouse.query({ query: sql, format: "JSONEachRow" });
      return answer.json<Record<string, unknown>>();
    },
    async stop() {
      await platform.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function takingAll(sent: OutgoingMail[]): Mailer {
  return {
    async send(mail) {
      await new Promise((resolve) => setTimeout(resolve, 20)); // another sender gets its turn
      sent.push(mail);
      return { accepted: mail.envelopeTo, refused: [], deferred: [] };
    },
    verify: async () => undefined,
    close: () => undefined,
  };
}

async function insertRun(
  clickhouse: ClickHouse,
  version: number,
  day: string,
  lines: readonly CostLine[],
  { missing = [], readAt = "2100-01-01T00:00:00Z", asOf = readAt, bill }: SealedFrom,
): Promise<void> {
  const run_id = sha256(`run ${version}`).slice(0, 32);
  const billing_period = billingPeriodOf(parseDay(day));
  const of = { run_id, charge_day: day, billing_period };
  const rows = lines.map((line, index) => ({
    ...of,
    line: index,
    owner_kind: line.ownerKind,
    team_id: line.teamId,
    category: line.category,
    basis: line.basis,
    cluster: line.cluster,
    namespace: line.namespace,
    pool: line.pool,
    method: line.method,
    reason: line.reason,
    amount: formatPicos(line.picos),
  }));
  await insertRows(clickhouse, "allocation_lines", rows, { token: `${run_id}/lines` });
  const costs = { snapshot_id: `costs of ${run_id}`, dataset: "cost", source: "kubecost", scope: "one" };
  const bills = bill
    ? [{ snapshot_id: `bill of ${run_id}`, dataset: "bill", source: "aws-bill", scope: bill.account }]
    : [];
  const readings = [costs, ...bills].map((each) => ({
    ...each,
    charge_period_start: day,
    charge_period_end: addDays(parseDay(day), 1),
    read_at: readAt,
  }));
  await insertRows(clickhouse, "snapshots", readings, { token: costs.snapshot_id });
  const total = formatPicos(lines.reduce((sum, { picos }) => sum + picos, 0n));
  const seal = {
    ...of,
    as_of: asOf,
    input_version: version,
    snapshot_ids: (bill?.pinned ? readings : [costs]).map(({ snapshot_id }) => snapshot_id),
    missing,
    collected: total,
    allocated: total,
  };
  await insertRows(clickhouse, "allocation_runs", [seal], { token: run_id });
}

interface Statement {
  readonly seq: number;
  readonly hash: string;
  readonly period: BillingPeriod;
  readonly postedAt: string;
  readonly rulesActivatedAt: string;
}

async function insertStatement(
  clickhouse: ClickHouse,
  { seq, hash, period, postedAt, rulesActivatedAt }: Statement,
): Promise<void> {
  const journal_id = hash.slice(0, 32);
  const { days, lines } = await readMonth(clickhouse, period);
  const { teams, idle, corporate, unallocated } = composeStatements(lines);
  const entries = [...teams, idle, corporate, unallocated]
    .flatMap((statement) => statement.lines.map((line) => ({ ...line, ...ownerColumns(statement) })))
    .map(({ account, team_id, category, basis, pool, method, reason, cents }, line) => ({
      journal_id,
      line,
      account,
      team_id,
      cost_center: account === "team" ? `cc-${team_id}` : "",
      category,
      basis,
      pool,
      method,
      reason,
      side: cents < 0n ? "credit" : "debit",
      amount: formatPicos((cents < 0n ? -cents : cents) * PICOS_PER_CENT),
    }));
  await insertRows(clickhouse, "journal_entries", entries, { token: `${journal_id}/entries` });
  const frozen = days.map(({ day, runId }) => ({
    journal_id,
    billing_period: period,
    charge_day: day,
    run_id: runId,
  }));
  await insertRows(clickhouse, "closed_runs", frozen, { token: `${journal_id}/runs` });
  const evidence = JSON.stringify({ rulesActivatedAt });
  const posted = { kind: "statement", billing_period: period, posted_at: postedAt };
  const journal = { seq, journal_id, ...posted, evidence, hash };
  await insertRows(clickhouse, "journals", [journal], { token: `journal/${seq}` });
}

function ownerColumns({ ownerKind, teamId }: { ownerKind: string; teamId: string }): {
  account: string;
  team_id: string;
} {
  return { account: ownerKind, team_id: teamId };
}
