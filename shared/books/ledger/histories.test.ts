import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CostCell, UsageCell } from "@apportion/allocation/cells";
import { certify, totals, totalsOfCells, totalsOfLines } from "@apportion/allocation/certificate";
import type { UnreadMeters } from "@apportion/allocation/drivers";
import { type Allocation, linesOf } from "@apportion/allocation/line";
import { addToTotals, LIMITS_SOURCE, type PoolTotals } from "@apportion/allocation/month-limits";
import {
  type BetweenServices,
  limitedPools,
  type Method,
  type Policies,
  type PoolPolicy,
} from "@apportion/allocation/policy";
import { rateVarianceCells } from "@apportion/allocation/rate-variance";
import { rulesOn } from "@apportion/allocation/rules-of-day";
import { formatPicos } from "@apportion/domain/money";
import { addDays, type Day, daysOf, parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { policyNameOf } from "@apportion/domain/pool-id";
import { roundedDivision } from "@apportion/domain/rounding";
import { composeStatements, PICOS_PER_CENT } from "@apportion/domain/statement";
import type { OwnershipRule, Registry, Team } from "@apportion/domain/tenancy";
import { checkPolicies } from "@apportion/registry/check-policies";
import { MonthSum } from "../months/month-sum.js";
import { computeLines } from "../runs/compute-lines.js";
import { chargedBy, correctionEntries, type Entry, type ExactMonth, monthEntries } from "./journal.js";

const ALL_READ: UnreadMeters = { "billing-month": new Set(), day: new Set() };

/** A month of three days: the first, one in the middle on which ownership and policies change, and the last. */
const MONTH = parseBillingPeriod("2026-11");
const MIDDLE = parseDay("2026-11-15");
const DAYS: readonly Day[] = [parseDay("2026-11-01"), MIDDLE, daysOf(MONTH).at(-1) ?? MIDDLE];
const TEAMS = ["a", "b", "c", "d"];
const SERVICES = ["s0", "s1", "s2"];
const METERS = ["m0", "m1"];

/** Effective dates of something: always, until the middle of the month, or from then on. */
const dates = fc.constantFrom<{ from?: Day; to?: Day }>({}, {}, {}, { to: MIDDLE }, { from: MIDDLE });

const anyTeam = (id: string): fc.Arbitrary<Team> =>
  dates.map((effective) => ({
    id,
    name: id,
    costCenter: `cc-${id}`,
    complianceLevel: "standard",
    contacts: [],
    budgets: [],
    ...effective,
  }));

/** Namespaces belong to a team, to a service, or to one until the middle of the month and to another from then on. */
const anyRules: fc.Arbitrary<OwnershipRule[]> = fc
  .array(
    fc.tuple(
      fc.constantFrom(...TEAMS.map((id) => `team-${id}`), ...SERVICES, "kube-system", "sandbox"),
      fc.constantFrom<OwnershipRule["owner"]>(
        ...TEAMS.map((id) => ({ kind: "team" as const, id })),
        ...SERVICES.map((id) => ({ kind: "shared-service" as const, id })),
        { kind: "system", id: "system" },
      ),
      dates,
    ),
    { maxLength: 12 },
  )
  .map((rules) =>
    rules.map(([namespace, owner, effective]) => ({ owner, match: { namespace }, ...effective })),
  );

const anyRegistry: fc.Arbitrary<Registry> = fc.record({
  teams: fc.tuple(...TEAMS.map(anyTeam)),
  sharedServices: fc.constant(SERVICES.map((id) => ({ id, name: id }))),
  dedicatedClusters: fc.constantFrom([], [{ cluster: "two", team: "a" }]),
  nodePools: fc.subarray([
    { cluster: "one", id: "gpu", nodes: ["gpu-*"], team: "b" },
    { cluster: "two", id: "spot", nodes: ["spot-1"], from: MIDDLE },
  ]),
  rules: anyRules,
});

const anyMethod: fc.Arbitrary<Method> = fc.oneof(
  fc.constantFrom<Method>(
    { kind: "even" },
    { kind: "proportional", to: "direct" },
    { kind: "proportional", to: "total" },
    { kind: "proportional", to: "gpu" },
    { kind: "usage", meters: [{ meter: "m0", percent: "100" }] },
    { kind: "usage", meters: [{ meter: "m1", percent: "100" }], window: "day" },
    {
      kind: "usage",
      meters: [
        { meter: "m0", percent: "33.333333" },
        { meter: "m1", percent: "66.666667" },
      ],
    },
  ),
  fc
    .tuple(fc.integer({ min: 0, max: 100 }), fc.constantFrom(...SERVICES))
    .map(([percent, service]): Method => ({
      kind: "fixed",
      teams: { a: String(percent) },
      services: { [service]: String(100 - percent) },
    })),
);
const anyLimit = fc.dictionary(
  fc.constantFrom(...TEAMS),
  fc.bigInt({ min: 0n, max: 100_000n }).map((cents) => formatPicos(cents * PICOS_PER_CENT)),
  { maxKeys: 2 },
);
const anyPolicy = (pool: string): fc.Arbitrary<PoolPolicy[]> =>
  fc
    .record({
      methods: fc.array(anyMethod, { minLength: 1, maxLength: 3 }),
      exempt: fc.subarray(TEAMS, { maxLength: 2 }),
      caps: anyLimit,
      minimums: anyLimit,
      keeps: fc.boolean(),
      splitsInTheMiddle: fc.boolean(),
    })
    .map(({ methods, exempt, caps, minimums, keeps, splitsInTheMiddle }) => {
      const isCluster = ["system", "idle"].includes(pool);
      const isKept = keeps && ["idle", "unallocated", "unused-commitment", "corporate"].includes(pool);
      const limited = !isCluster && !splitsInTheMiddle;
      const policy: PoolPolicy = {
        pool,
        methods: isKept ? [{ kind: "keep" }] : methods,
        exempt,
        caps: limited ? caps : {},
        minimums: limited ? minimums : {},
      };
      return splitsInTheMiddle
        ? [
            { ...policy, methods: [{ kind: "even" }], to: MIDDLE },
            { ...policy, from: MIDDLE },
          ]
        : [policy];
    });
const POOLS = [...SERVICES, "system", "idle", "unallocated", "unused-commitment", "corporate"];
/** Any that `config check` lets through but for team dates, which only make shares fall away. */
const anyPolicies: fc.Arbitrary<Policies> = fc
  .record({
    pools: fc.tuple(...POOLS.map(anyPolicy)).chain((all) => fc.subarray(all).map((some) => some.flat())),
    betweenServices: fc
      .constantFrom<BetweenServices["method"]>("direct", "step-down", "reciprocal")
      .map((method) => [{ method, order: [] }]),
  })
  .filter((policies) => {
    const known = { teams: TEAMS.map((id) => ({ id })), sharedServices: SERVICES, meters: METERS };
    return checkPolicies(policies, known, []).length === 0;
  });

const amount = fc.oneof(
  { weight: 5, arbitrary: fc.bigInt({ min: 0n, max: 10n ** 15n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: -(10n ** 14n), max: 0n }) },
);
const anyCell: fc.Arbitrary<CostCell> = fc.record({
  source: fc.constantFrom("kubecost", "s3", "aws-bill"),
  scope: fc.constantFrom("one", "two"),
  kind: fc.constantFrom("workload" as const, "workload" as const, "idle" as const, "bill" as const),
  cluster: fc.constantFrom("one", "two"),
  node: fc.constantFrom("", "gpu-1", "spot-1", "other"),
  namespace: fc.constantFrom(...TEAMS.map((id) => `team-${id}`), ...SERVICES, "kube-system", "sandbox", ""),
  controller: fc.constant(""),
  teamLabel: fc.constantFrom("", "a", "nobody"),
  service: fc.constant(""),
  recordType: fc.constantFrom("Usage", "Tax", "Credit", "SavingsPlanRecurringFee"),
  parts: fc.array(fc.record({ category: fc.constantFrom("cpu" as const, "gpu" as const), amount }), {
    maxLength: 2,
  }),
});
const anyUsage: fc.Arbitrary<UsageCell> = fc.record({
  day: fc.constantFrom(...DAYS),
  meter: fc.constantFrom(...METERS),
  teamLabel: fc.constant(""),
  namespace: fc.constantFrom(...TEAMS.map((id) => `team-${id}`), ...SERVICES, "sandbox"),
  cluster: fc.constant(""),
  quantity: fc.bigInt({ min: 0n, max: 10n ** 16n }),
});

/** What was read of the month at one time: the cells of each day, the bill where there was one, and the usage. */
interface State {
  readonly days: readonly { readonly cells: readonly CostCell[]; readonly billed: bigint | undefined }[];
  readonly usage: readonly UsageCell[];
}
const anyDay = fc.record({
  cells: fc.array(anyCell, { maxLength: 8 }),
  billed: fc.option(fc.bigInt({ min: 0n, max: 10n ** 15n }), { nil: undefined }),
});
/** First the whole month, then what is restated of it, one thing after the other. */
const anyHistory: fc.Arbitrary<State[]> = fc
  .tuple(
    fc.tuple(anyDay, anyDay, anyDay),
    fc.array(anyUsage, { maxLength: 8 }),
    fc.array(
      fc.oneof(
        fc.tuple(fc.constantFrom(0, 1, 2), anyDay).map(([index, day]) => ({ index, day, usage: undefined })),
        fc.array(anyUsage, { maxLength: 8 }).map((usage) => ({ index: -1, day: undefined, usage })),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([first, firstUsage, changes]) => {
    const states: State[] = [{ days: first, usage: firstUsage }];
    for (const { index, day, usage } of changes) {
      const last = states.at(-1) ?? { days: first, usage: firstUsage };
      const days = last.days.map((each, at) => (at === index && day ? day : each));
      states.push({ days, usage: usage ?? last.usage });
    }
    return states;
  });

function allocated(state: State, registry: Registry, policies: Policies): Allocation[] {
  let monthTotals: PoolTotals = new Map();
  return state.days.map(({ cells: read, billed }, index) => {
    const day = DAYS[index] ?? MIDDLE;
    const cells =
      billed === undefined
        ? read
        : [
            ...read,
            ...rateVarianceCells(
              read.filter(({ source }) => source === "kubecost"),
              "111122223333",
              billed,
            ),
          ];
    const rules = rulesOn({ registry, policies }, day);
    const inputs = { metersWithoutReading: ALL_READ };
    const lines = computeLines(inputs, { cells, collected: [] }, state.usage, rules, monthTotals);
    const ofFacts = lines.filter(({ source }) => source !== LIMITS_SOURCE);
    certify(totalsOfCells(cells), totalsOfLines(ofFacts));
    certify(totalsOfCells(cells), totals([...linesOf(ofFacts)]));
    const limits = [...linesOf(lines)].filter(({ source }) => source === LIMITS_SOURCE);
    expect(limits.reduce((sum, line) => sum + line.amount, 0n)).toBe(0n);
    monthTotals = addToTotals(monthTotals, lines, limitedPools(policies));
    return lines;
  });
}

function exactOf(days: readonly Allocation[]): ExactMonth {
  const sum = new MonthSum();
  for (const day of days) sum.add(day);
  return {
    lines: sum.lines(),
    sources: totalsOfLines(days.flat()).map(({ source, amount: picos }) => ({ source, picos })),
  };
}

describe("any platform, under any policies, through any history", () => {
  it("is allocated exactly on each day, and posted to the cent in statements and corrections", () => {
    fc.assert(
      fc.property(anyRegistry, anyPolicies, anyHistory, (registry, policies, history) => {
        const posted: Entry[] = [];
        let then: ExactMonth | undefined;
        for (const state of history) {
          const now = exactOf(allocated(state, registry, policies));
          const journal =
            then === undefined
              ? monthEntries(now, registry.teams)
              : correctionEntries(now, then, posted, registry.teams);
          expect(journal.reduce((sum, { cents }) => sum + cents, 0n)).toBe(0n);
          posted.push(...journal);
          then = now;
          const exact = now.lines.reduce((sum, { picos }) => sum + picos, 0n);
          expect(chargedBy({ entries: posted })).toBe(roundedDivision(exact, PICOS_PER_CENT));
        }
        // After all corrections each statement is what it would have been had the last state been read at once, but for odd cents.
        const atOnce = composeStatements(then?.lines ?? []);
        for (const { teamId, cents } of atOnce.teams) {
          const stands = posted.reduce(
            (sum, entry) => (entry.teamId === teamId ? sum + entry.cents : sum),
            0n,
          );
          expect(stands - cents >= -2n && stands - cents <= 2n).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  }, 120_000);

  it("never pays a team out of a pool, nor gives a share to one that used nothing or is exempt", () => {
    fc.assert(
      fc.property(anyRegistry, anyPolicies, anyHistory, (registry, policies, [state]) => {
        if (!state) return;
        for (const line of linesOf(allocated(state, registry, policies).flat())) {
          if (line.kind !== "split") continue;
          expect(line.driverQuantity > 0n && line.driverQuantity <= line.driverTotal).toBe(true);
          if (line.owner.kind !== "team" || line.betweenServices !== "") continue;
          const { teamId } = line.owner;
          const exempt = policies.pools
            .filter(({ pool }) => pool === policyNameOf(line.pool))
            .flatMap((each) => each.exempt);
          expect(exempt).not.toContain(teamId);
        }
      }),
      { numRuns: 1000 },
    );
  }, 120_000);
});

describe("a month in which things change", () => {
  const registryOf = (overrides: Partial<Registry>): Registry => ({
    teams: ["a", "b"].map((id) => ({
      id,
      name: id,
      costCenter: `cc-${id}`,
      complianceLevel: "standard",
      contacts: [],
      budgets: [],
    })),
    sharedServices: [{ id: "s0", name: "s0" }],
    dedicatedClusters: [],
    nodePools: [],
    rules: [
      { owner: { kind: "team", id: "a" }, match: { namespace: "team-a" } },
      { owner: { kind: "team", id: "b" }, match: { namespace: "team-b" } },
      { owner: { kind: "shared-service", id: "s0" }, match: { namespace: "s0" } },
    ],
    ...overrides,
  });
  const cost = (namespace: string, dollars: bigint): CostCell => ({
    source: "kubecost",
    scope: "one",
    kind: "workload",
    cluster: "one",
    node: "",
    namespace,
    controller: "",
    teamLabel: "",
    service: "",
    recordType: "",
    parts: [{ category: "cpu", amount: dollars * 10n ** 12n }],
  });
  const even: Policies = {
    pools: [{ pool: "s0", methods: [{ kind: "even" }], exempt: [], caps: {}, minimums: {} }],
    betweenServices: [],
  };
  const paid = (
    day: Day,
    registry: Registry,
    cells: readonly CostCell[],
    policies: Policies = even,
    usage: readonly UsageCell[] = [],
  ): Record<string, string> => {
    const rules = rulesOn({ registry, policies }, day);
    const inputs = { metersWithoutReading: ALL_READ };
    const lines = computeLines(inputs, { cells, collected: [] }, usage, rules, new Map());
    const sums = new Map<string, bigint>();
    for (const { owner, amount: picos } of linesOf(lines)) {
      const who = owner.kind === "team" ? owner.teamId : owner.kind;
      sums.set(who, (sums.get(who) ?? 0n) + picos);
    }
    return Object.fromEntries(
      [...sums].toSorted(([x], [y]) => (x < y ? -1 : 1)).map(([who, picos]) => [who, formatPicos(picos)]),
    );
  };
  const before = addDays(MIDDLE, -1);

  it("charges a team from the day on which it appears, and until the day on which it leaves", () => {
    const cells = [cost("s0", 100n), cost("team-a", 10n)];
    const registry = registryOf({});
    const [a, b] = registry.teams;
    if (!a || !b) throw new Error("there are two teams");
    const joining = { ...registry, teams: [a, { ...b, from: MIDDLE }] };
    expect(paid(before, joining, cells)).toEqual({ a: "110" });
    expect(paid(MIDDLE, joining, cells)).toEqual({ a: "60", b: "50" });
    const leaving = { ...registry, teams: [a, { ...b, to: MIDDLE }] };
    expect(paid(before, leaving, cells)).toEqual({ a: "60", b: "50" });
    expect(paid(MIDDLE, leaving, cells)).toEqual({ a: "110" });
  });

  it("charges a namespace that changes hands to who had it on the day", () => {
    const registry = registryOf({
      rules: [
        { owner: { kind: "team", id: "a" }, match: { namespace: "lab" }, to: MIDDLE },
        { owner: { kind: "team", id: "b" }, match: { namespace: "lab" }, from: MIDDLE },
      ],
    });
    expect(paid(before, registry, [cost("lab", 7n)])).toEqual({ a: "7" });
    expect(paid(MIDDLE, registry, [cost("lab", 7n)])).toEqual({ b: "7" });
  });

  it("gives usage that comes out negative no weight", () => {
    const usage = [
      {
        day: MIDDLE,
        meter: "m0",
        teamLabel: "",
        cluster: "",
        namespace: "team-a",
        quantity: -5n * 10n ** 12n,
      },
      {
        day: MIDDLE,
        meter: "m0",
        teamLabel: "",
        cluster: "",
        namespace: "team-b",
        quantity: 5n * 10n ** 12n,
      },
    ];
    const byUse: Policies = {
      ...even,
      pools: [
        {
          pool: "s0",
          methods: [{ kind: "usage", meters: [{ meter: "m0", percent: "100" }] }],
          exempt: [],
          caps: {},
          minimums: {},
        },
      ],
    };
    expect(paid(MIDDLE, registryOf({}), [cost("s0", 100n)], byUse, usage)).toEqual({ b: "100" });
  });

  it("makes nothing of a day without costs, and keeps a day that is all credit negative", () => {
    expect(paid(MIDDLE, registryOf({}), [])).toEqual({});
    expect(paid(MIDDLE, registryOf({}), [cost("team-a", -30n), cost("s0", -10n)])).toEqual({
      a: "-35",
      b: "-5",
    });
  });
});
