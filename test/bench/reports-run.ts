import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chain, monthEntries } from "@apportion/books/ledger/journal";
import { NO_HISTORY } from "@apportion/books/forecast/history";
import type { CostLine } from "@apportion/books/months/month";
import type { Category } from "@apportion/domain/category";
import { type Day, daysOf } from "@apportion/domain/period";
import { composeReports, type MonthReports } from "@apportion/reports/monthly/compose";
import { financeFiles, REPORT_FORMATS, teamFiles } from "@apportion/reports/pack/files";
import { lineOf, monthOf } from "@apportion/reports/testing/months";
import { MONTH, registryOf } from "./company.js";

/** Writes all reports of a month and prints what that took. A process of its own, so that its memory is that of this work. */
const SIZE = { teams: 500, pools: 20, containers: 0 };
const CATEGORIES: readonly Category[] = [
  "cpu",
  "memory",
  "gpu",
  "object-storage",
  "network",
  "persistent-volume",
];
const registry = registryOf(SIZE);

function linesOfDay(day: Day): CostLine[] {
  const direct = registry.teams.flatMap(({ id }, team) =>
    CATEGORIES.map((category, at) =>
      lineOf(day, `${((team * 7 + at * 3) % 90) + 1}.${(team * 31) % 997}`, {
        teamId: id,
        category,
        namespace: `team-${id}`,
      }),
    ),
  );
  const shared = registry.teams.flatMap(({ id }, team) =>
    registry.sharedServices.slice(0, 6).map((service, at) =>
      lineOf(day, `${(team + at) % 7}.31`, {
        teamId: id,
        category: "shared",
        basis: "shared",
        namespace: "",
        cluster: "",
        pool: service.id,
        method: "usage",
        meter: `m${at}`,
        usageWindow: "billing-month",
        driverQuantity: BigInt(team + 1) * 10n ** 12n,
        driverTotal: 125_250n * 10n ** 12n,
      }),
    ),
  );
  const idle = lineOf(day, "311.27", {
    ownerKind: "idle",
    teamId: "",
    category: "idle-cpu",
    basis: "idle",
    namespace: "",
  });
  return [...direct, ...shared, idle];
}

function compose(): MonthReports {
  const reports = composeReports({
    month: monthOf(MONTH, daysOf(MONTH).flatMap(linesOfDay)),
    previous: monthOf(MONTH, []),
    history: NO_HISTORY,
    posted: undefined,
    corrections: [],
    correctedLater: [],
    bill: undefined,
    units: new Map(),
    registry,
    currency: "USD",
    today: "2026-11-24" as Day,
    settleDay: 7,
    thresholdsPercent: [80, 90, 100],
    chargingBasis: "net amortised cost",
    questionsTo: "finance@example.com",
  });
  if (!reports) throw new Error("The month has costs");
  return reports;
}

const start = performance.now();
const reports = compose();
const composed = performance.now();
const lines = reports.finance.statements.teams.flatMap(({ teamId, lines: own }) =>
  own.map((line) => ({ ...line, ownerKind: "team" as const, teamId })),
);
const sources = [{ source: "kubecost", picos: lines.reduce((sum, { picos }) => sum + picos, 0n) }];
const nothing = { correctsPeriod: "", preparedBy: "", approvedBy: "", reason: "", evidence: "{}" } as const;
const journal = chain(
  {
    kind: "statement",
    billingPeriod: MONTH,
    ...nothing,
    entries: monthEntries({ lines, sources }, registry.teams),
  },
  { seq: 0n, hash: "" },
  new Date(0),
);
const folder = mkdtempSync(join(tmpdir(), "apportion-bench-reports-"));
let [files, bytes] = [0, 0];
try {
  const write = (all: readonly { readonly name: string; readonly content: string | Buffer }[]): void => {
    for (const { name, content } of all) {
      writeFileSync(join(folder, name), content);
      files += 1;
      bytes += Buffer.byteLength(content);
    }
  };
  for (const report of reports.teams) write(await teamFiles(report, REPORT_FORMATS));
  write(await financeFiles(reports, [journal], REPORT_FORMATS));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const composing = (composed - start) / 1000;
const rendering = (performance.now() - composed) / 1000;
const { user, system } = process.cpuUsage();
process.stdout.write(
  JSON.stringify({
    processor: (user + system) / 1e6,
    teams: reports.teams.length,
    files,
    bytes,
    composing,
    rendering,
  }),
);
