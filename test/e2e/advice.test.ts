import { afterEach, describe, expect, it } from "vitest";
import type { ApportionConfig } from "apportion/config";
import { decideOnAdvice } from "@apportion/advisor/decide";
import type { Recommendation } from "@apportion/books/advice/advise";
import { type Advice, readAdvice } from "@apportion/books/advice/read-advice";
import { findAgain } from "@apportion/books/advice/find-again";
import { readLives } from "@apportion/books/advice/read-life";
import { isMeasurable } from "@apportion/books/advice/realised";
import { EVERYBODY } from "@apportion/books/viewer";
import { addDays, type Day, daysBetween, parseDay } from "@apportion/domain/period";
import { billOf } from "@apportion/simulator/platform/bill";
import { LEAN_PLATFORM, WASTE_KINDS, type WastePlan } from "@apportion/simulator/platform/waste";
import { openDeployment, type Deployment } from "./deployment.js";

const NOW = "2026-11-05T06:00:00Z";
const FIRST = parseDay("2026-10-01");
const ACCEPTED = parseDay("2026-10-16");
const HEALED = parseDay("2026-10-18");
const END = parseDay("2026-10-22");
/** What says use on one cluster only: on the other, averages have to do. */
const MEASURED_CLUSTER = "shared-eu-1";

let deployment: Deployment;
afterEach(() => deployment.close());

/** A platform of four teams, of which [FIRST, to) is read in a go: all days are final by then, and the bill is too. */
async function read(waste: WastePlan, to: Day): Promise<void> {
  deployment = await openDeployment({
    now: NOW,
    simulated: { waste, teams: 4 },
    configure: (config) => ({
      ...config,
      ...(config.s3 && { s3: { ...config.s3, sizes: true } }),
      ...(config.usage && {
        usage: { ...config.usage, mlflow: [...config.usage.mlflow, ...hoursToo(config)] },
      }),
      ...(config.aws && { aws: { ...config.aws, cloudWatchEndpoint: config.aws.s3Endpoint } }),
      ...(config.utilisation && {
        utilisation: {
          ...config.utilisation,
          prometheus: config.utilisation.prometheus.filter(({ cluster }) => cluster === MEASURED_CLUSTER),
        },
      }),
    }),
  });
  expect(await deployment.read(FIRST, to)).toEqual([]);
  // Buckets are what they are now: those of yesterday alone can be read.
  expect(await deployment.read("2026-11-04", "2026-11-05")).toEqual([]);
}

/** Each MLflow once more, by the hours of its runs. */
function hoursToo({ usage }: ApportionConfig): NonNullable<ApportionConfig["usage"]>["mlflow"] {
  return (usage?.mlflow ?? []).map((each) => ({
    ...each,
    name: `${each.name}-hours`,
    meter: "mlflow.run-hours",
    counts: "run-hours",
  }));
}

function advisedOn(today: Day, minimumAMonth = "10"): Promise<Advice> {
  return readAdvice(deployment.clickhouse, { ...askedOn(today), minimumAMonth });
}

function askedOn(today: Day) {
  return { registry: deployment.system.platform.registry, today, viewer: EVERYBODY };
}

const named = ({ kind, subject }: Pick<Recommendation, "kind" | "subject">): string =>
  [kind, subject.cluster, subject.namespace, subject.controller, ...subject.billLine.slice(1)]
    .filter((word) => word !== "")
    .join(" ");

/** Each thing that is planted, by its kind: an advisor that says more invents, one that says less overlooks. */
const PLANTED = [
  "abandoned-workload shared-eu-1 sandbox-x7 notebook",
  "bucket-lifecycle Amazon Simple Storage Service fraud",
  "gpus-outside-runs shared-us-1 team-fraud",
  "idle-capacity shared-us-1",
  "idle-notebook shared-eu-1 team-search jupyter-ann",
  "inter-zone-traffic shared-eu-1 team-search",
  "nat-traffic shared-eu-1 team-search",
  "oversized-requests shared-us-1 team-search crawler",
  "quota-above-use shared-eu-1 team-ranking compute",
  "request-sizes shared-eu-1 team-ranking api",
  "unmounted-volumes shared-eu-1 team-search",
  "unowned-buckets Amazon Simple Storage Service",
  "unowned-buckets Amazon Simple Storage Service frad",
  "unowned-namespace shared-eu-1 sandbox-x7",
  "unowned-namespace shared-eu-1 search-trial",
  "unused-commitment Savings Plans for AWS Compute usage SavingsPlanRecurringFee",
  "unused-gpus shared-eu-1 team-vision training",
  "unused-gpus shared-us-1 team-vision training",
];

/** The inventory of buckets has no days, so that what is mended was never there. */
const NEVER_HEALED = "bucket-lifecycle";

const HEALS: WastePlan = {
  kinds: WASTE_KINDS,
  healsOn: Object.fromEntries(
    WASTE_KINDS.filter((kind) => kind !== NEVER_HEALED).map((kind) => [kind, HEALED]),
  ),
  isSteady: true,
};

/** What Kubernetes charged for a recommendation's subject on a day, as the simulator served it, in picos at list price. */
function served(day: Day, { kind, subject }: Recommendation): bigint {
  return deployment.simulator.ledger
    .linesOn(day)
    .filter((line) => line.kind === (kind === "unmounted-volumes" ? "unmounted" : "workload"))
    .filter(({ cluster, namespace }) => cluster === subject.cluster && namespace === subject.namespace)
    .filter(({ controller }) => controller === subject.controller)
    .reduce((sum, { picos }) => sum + picos, 0n);
}

/** What was healed on a day, in dollars: what it was to cost less what it cost, at what the bill made of list prices on that day. */
function healedOn(day: Day, each: Recommendation): number {
  const { ledger, registry } = deployment.simulator;
  const clock = { asOfMs: Date.parse(NOW), lateDays: new Set<string>(), mispriced: new Set<string>() };
  const billed = billOf(5, registry, day, clock)
    .filter(({ owner, account }) => owner === "kubernetes" && account === deployment.simulator.account)
    .reduce((sum, { netAmortized }) => sum + netAmortized * 100n, 0n);
  const listed = ledger
    .linesOn(day)
    .filter(({ kind }) => ["workload", "unmounted", "idle"].includes(kind))
    .reduce((sum, { picos }) => sum + picos, 0n);
  const less = served(addDays(HEALED, -1), each) - served(day, each);
  return (Number(less) / 1e12) * (Number(billed) / Number(listed));
}

describe("an advisor on a platform whose waste is known", { timeout: 300_000 }, () => {
  it("finds all that is planted and nothing else, and measures to the cent what was healed", async () => {
    await read(HEALS, END);
    const { recommendations, days } = await advisedOn(ACCEPTED);
    expect(days).toEqual(daysBetween(FIRST, ACCEPTED));
    expect(recommendations.map(named).toSorted()).toEqual(PLANTED);

    for (const each of recommendations)
      expect([each.kind, (await deployment.rows(findAgain(each))).length > 0]).toEqual([each.kind, true]);

    const { clickhouse } = deployment;
    const clock = (): Date => new Date(`${ACCEPTED}T12:00:00Z`);
    for (const each of recommendations)
      await decideOnAdvice({ clickhouse, clock }, each, { decision: "accepted", by: "a lead" });
    const lives = await readLives(clickhouse, askedOn(END), await advisedOn(END));
    const notDone = lives.filter(({ life }) => life.state !== "done");
    expect(notDone.map(({ kind, life }) => [kind, life.state])).toEqual([[NEVER_HEALED, "accepted"]]);
    const cents = (dollars: number): string => dollars.toFixed(2);
    const realised = lives.map(({ id, realised: saved }) => [
      id,
      saved && cents(saved.reduce((sum, { picos }) => sum + Number(picos) / 1e12, 0)),
    ]);
    const healed = recommendations.map((each) => [
      each.id,
      isMeasurable(each.kind)
        ? cents(daysBetween(HEALED, END).reduce((sum, day) => sum + healedOn(day, each), 0))
        : undefined,
    ]);
    expect(Object.fromEntries(realised)).toEqual(Object.fromEntries(healed));
    expect(Object.values(Object.fromEntries(healed)).filter((saved) => Number(saved) > 10)).toHaveLength(7);
  });

  it("invents nothing on a lean one", async () => {
    const to = addDays(FIRST, 14); // as many as what takes longest to be said
    await read(LEAN_PLATFORM, to);
    const { days, recommendations } = await advisedOn(to, "0");
    expect(days).toHaveLength(14);
    expect(recommendations.map(named)).toEqual([]);
  });
});
