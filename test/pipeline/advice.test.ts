import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Recommendation } from "@apportion/books/advice/advise";
import { findAgain } from "@apportion/books/advice/find-again";
import { readAdvice } from "@apportion/books/advice/read-advice";
import { EVERYBODY, type Viewer, WITHOUT_NAMES } from "@apportion/books/viewer";
import type { CostFactRow, Reading } from "@apportion/domain/facts";
import { formatPicos } from "@apportion/domain/money";
import { addDays, chargePeriodOf, type Day, daysBetween, parseDay } from "@apportion/domain/period";
import { collected, cpuHours, LEAN, ramHours, workload } from "./advised-platform.js";
import { ACCOUNT, costReading, openTestPlatform, publishAll, type TestPlatform } from "./platform.js";

let test: TestPlatform;
beforeEach(async () => {
  test = await openTestPlatform();
});
afterEach(() => test.close());

const TODAY = parseDay("2026-11-24");
const NOW = "2026-11-24T06:00:00Z";
const DAYS = daysBetween(addDays(TODAY, -30), TODAY);

/** Waste of each kind that Kubernetes can have. */
function wasteful(day: Day): CostFactRow[] {
  const runs = Number(day.slice(8)) % 2 === 0;
  return [
    workload({
      namespace: "team-a",
      controller: "notebook",
      cpu_cost: "1",
      gpu_cost: "24",
      gpu_hours: "24",
      gpu_usage_hours: "0.2",
      ...cpuHours("24", "14"),
    }),
    workload({
      namespace: "team-b",
      controller: "api",
      cpu_cost: "10",
      ram_cost: "5",
      ...cpuHours("240", "24"),
      ...ramHours("100", "10"),
    }),
    workload({
      namespace: "team-b",
      controller: "old",
      cpu_cost: "2",
      ram_cost: "1",
      load_balancer_cost: "0.6",
      ...cpuHours("48", "0.1"),
      ...ramHours("20", "15"),
    }),
    workload({ kind: "unmounted", controller_kind: "", namespace: "team-c", pv_cost: "4" }),
    ...(runs
      ? [
          workload({
            namespace: "team-c",
            controller_kind: "job",
            controller: `etl-${day.replaceAll("-", "")}`,
            cpu_cost: "8",
            ...cpuHours("96", "3"),
          }),
        ]
      : []),
    workload({ namespace: "b-experiments", controller: "trial", cpu_cost: "3", ...cpuHours("72", "60") }),
    workload({
      kind: "idle",
      controller_kind: "",
      node: "n2",
      cpu_cost: "40",
      gpu_cost: "40",
      ram_cost: "20",
    }),
  ];
}

function ofBill(day: Day, source: string, rows: readonly Partial<CostFactRow>[]): Reading<"cost"> {
  return {
    key: { dataset: "cost", source, scope: ACCOUNT, chargePeriod: chargePeriodOf(day) },
    rows: rows.map((row) => ({
      ...workload({}),
      cluster: "",
      controller_kind: "",
      account: ACCOUNT,
      ...row,
    })),
    finality: "final",
  };
}

const money = (amount: string): Pick<CostFactRow, "effective_cost" | "billed_cost"> => ({
  effective_cost: amount,
  billed_cost: amount,
});
const S3 = "Amazon Simple Storage Service";

function wasteOfBill(day: Day): Reading[] {
  const traffic = (network_class: string, amount: string): Partial<CostFactRow> => ({
    kind: "network",
    cluster: "one",
    namespace: "team-a",
    network_class,
    ...money(amount),
  });
  return [
    ofBill(day, "network", [traffic("inter-zone", "5"), traffic("nat", "6"), traffic("internet", "7")]),
    ofBill(day, "s3", [{ kind: "object-storage", service: S3, record_type: "Usage", ...money("2") }]),
    ofBill(day, "aws-bill", [
      {
        kind: "bill",
        service: "Savings Plans for AWS Compute usage",
        record_type: "SavingsPlanRecurringFee",
        ...money("1.5"),
      },
    ]),
    {
      key: { dataset: "bucket", source: "s3", scope: ACCOUNT, chargePeriod: chargePeriodOf(day) },
      rows: [
        {
          bucket: "b-raw-data",
          region: "eu-west-1",
          team_label: "",
          size_bytes: String(50 * 2 ** 30),
          size_day: day,
        },
      ],
      finality: "final",
    },
  ];
}

async function take(readings: readonly Reading[]): Promise<void> {
  await publishAll(test.log, readings, NOW);
  await test.settle({ now: NOW });
}

async function advised(
  minimumAMonth = "10",
  viewer: Viewer = WITHOUT_NAMES,
): Promise<readonly Recommendation[]> {
  const { registry } = test.platform;
  const request = { registry, today: TODAY, minimumAMonth, viewer };
  return (await readAdvice(test.clickhouse, request)).recommendations;
}

describe("advice", () => {
  it("finds waste of each kind, at the bill's price, with its owner", async () => {
    await take(DAYS.flatMap((day) => [...collected(day, [...LEAN, ...wasteful(day)]), ...wasteOfBill(day)]));
    const found = await advised();
    for (const team of ["a", "b"])
      expect(await advised("10", { teams: [team], namesOf: [] })).toEqual(
        found.filter(({ owner }) => owner.kind === "team" && owner.id === team),
      );
    const told = found.map(({ kind, subject, owner, cash, freed, cost }) => [
      kind,
      subject.controller || subject.namespace || subject.cluster || subject.billLine.at(-1),
      owner.id || owner.kind,
      ...[cash, freed, cost].map(formatPicos),
    ]);
    // Half of list price, a month of 30 days: 24 a day of GPUs are 360.
    expect(told).toEqual([
      ["idle-capacity", "one", "nobody", "877.5", "0", "2966"],
      ["unused-gpus", "notebook", "a", "0", "360", "375"],
      ["oversized-requests", "api", "b", "0", "180", "225"],
      ["nat-traffic", "team-a", "a", "180", "0", "180"],
      ["inter-zone-traffic", "team-a", "a", "150", "0", "150"],
      ["unmounted-volumes", "team-c", "c", "60", "0", "60"],
      ["abandoned-workload", "old", "b", "9", "45", "54"],
      ["oversized-requests", "etl-*", "c", "0", "52.5", "56"], // on the 14 days on which it ran
      ["unused-commitment", "SavingsPlanRecurringFee", "nobody", "0", "45", "45"],
      ["unowned-buckets", "", "nobody", "0", "0", "60"],
      ["unowned-namespace", "b-experiments", "nobody", "0", "0", "45"],
    ]);
    expect(found.filter(({ because }) => /belong.* (to b|b-raw-data to b)/.test(because))).toHaveLength(2);
    for (const each of found) {
      const evidence = await test.rows(findAgain(each));
      expect([each.kind, evidence.length > 0]).toEqual([each.kind, true]);
    }
  });

  it("gives sizes where use was measured, and takes averages for nothing there", async () => {
    const utilisation = (day: Day): Reading<"workload-utilisation"> => ({
      key: {
        ...costReading(day, []).key,
        dataset: "workload-utilisation",
        source: "prometheus",
        scope: "one",
      },
      rows: [
        {
          namespace: "team-b",
          controller_kind: "deployment",
          controller: "api",
          container: "app",
          pods: "2",
          cpu_p95_cores: "0.9",
          cpu_p99_cores: day === DAYS.at(-3) ? "2" : "1",
          cpu_request_cores: "5",
          memory_max_gib: "0.5",
          memory_request_gib: "2",
        },
        // The peaks are as high as what is asked for: averages would have been wrong.
        {
          namespace: "team-c",
          controller_kind: "job",
          controller: `etl-${day.replaceAll("-", "")}`,
          container: "etl",
          pods: "1",
          cpu_p95_cores: "3.9",
          cpu_request_cores: "4",
        },
      ],
      finality: "final",
    });
    await take([
      ...DAYS.flatMap((day) => collected(day, [...LEAN, ...wasteful(day)])),
      ...DAYS.slice(-8).map(utilisation),
    ]);
    const sized = (await advised()).filter(
      ({ kind }) => kind === "request-sizes" || kind === "oversized-requests",
    );
    // CPU: 2.3 of 5 cores are enough, 54 % of 10 a day at half the price; memory: 589 of 2,048 MiB, 71.24 % of 5.
    expect(
      sized.map(({ subject, change, freed }) => [subject.controller, change, formatPicos(freed)]),
    ).toEqual([
      [
        "api",
        "kubectl --context one -n team-b set resources deployment/api -c app --requests=cpu=2300m,memory=589Mi",
        "134.43017578125",
      ],
    ]);
    const [api] = sized;
    expect(api && (await test.rows(findAgain(api)))).toHaveLength(8);
  });

  it("hides names of teams under HIPAA wherever it names them, unless finance may see them", async () => {
    const { registry } = test.platform;
    const teams = registry.teams.map((team) => ({ ...team, complianceLevel: "hipaa" as const }));
    const quota = {
      namespace: "team-b",
      controller_kind: "resourcequota",
      controller: "notebook-quota",
      container: "",
      pods: "0",
      quota_cpu_cores: "80",
      quota_cpu_used_cores: "12",
    };
    const quotas = (day: Day): Reading<"workload-utilisation"> => ({
      key: {
        ...costReading(day, []).key,
        dataset: "workload-utilisation",
        source: "prometheus",
        scope: "one",
      },
      rows: [quota],
      finality: "final",
    });
    const readings = DAYS.slice(-8).flatMap((day) => [
      ...collected(day, [...LEAN, ...wasteful(day)]),
      quotas(day),
    ]);
    await publishAll(test.log, readings, NOW);
    await test.settle({ now: NOW, registry: { ...registry, teams } });
    const asked = { registry, today: TODAY, minimumAMonth: "10" };
    const hidden = await readAdvice(test.clickhouse, { ...asked, viewer: WITHOUT_NAMES });
    const shown = await readAdvice(test.clickhouse, { ...asked, viewer: EVERYBODY });
    const text = (advice: typeof hidden): string =>
      advice.recommendations
        .map(
          (each) => `${each.id} ${each.subject.controller} ${each.change} ${each.because} ${findAgain(each)}`,
        )
        .join("\n");
    expect(text(hidden)).toContain("hidden (hipaa)");
    expect(text(hidden)).not.toMatch(/notebook|etl|deployment\/api/);
    expect(text(shown)).toMatch(/notebook/);
    for (const each of hidden.recommendations.filter(({ kind }) => kind === "quota-above-use"))
      expect(await test.rows(findAgain(each))).toMatchObject(
        Array.from({ length: 8 }, () => ({ cpu_cores: "80" })),
      );
    expect(text(shown)).toContain(
      'patch resourcequota notebook-quota --type merge -p \'{"spec":{"hard":{"requests.cpu":"18"}}}\'',
    );
    const ids = ({ recommendations }: typeof hidden): string[] => recommendations.map(({ id }) => id);
    expect(ids(hidden)).toEqual(ids(shown));
  });

  it("invents none on a lean platform", async () => {
    await take(DAYS.flatMap((day) => collected(day, LEAN)));
    expect(await advised("0")).toEqual([]);
  });

  it("says nothing from days that are not complete, nor from a few", async () => {
    const whole = DAYS.slice(0, 6).flatMap((day) => collected(day, [...LEAN, ...wasteful(day)]));
    const withoutRuns = DAYS.slice(6).map((day) => costReading(day, [...LEAN, ...wasteful(day)]));
    await take([...whole, ...withoutRuns]);
    expect(await advised()).toEqual([]);
  });

  it("takes no use that nobody measured for waste", async () => {
    const blind = (row: CostFactRow): CostFactRow => ({
      ...row,
      cpu_usage_core_hours: "0",
      ram_usage_gib_hours: "0",
      // An exporter that knows nothing and everything, and nothing between.
      gpu_usage_hours: row.controller === "training" ? (row.gpu_hours ?? "0") : "0",
    });
    await take(DAYS.flatMap((day) => collected(day, [...LEAN, ...wasteful(day)].map(blind))));
    expect(new Set((await advised()).map(({ kind }) => kind))).toEqual(
      new Set(["idle-capacity", "unmounted-volumes", "unowned-namespace"]),
    );
  });
});
