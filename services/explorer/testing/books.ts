import {
  billReading,
  costReading,
  cpu,
  openBrought,
  publishAll,
  registryWith,
  runsReading,
  type TestPlatform,
} from "@apportion/pipeline/platform";
import { daysOf } from "@apportion/domain/period";
import type { Registry } from "@apportion/domain/tenancy";
import type { ExplorerDeps } from "../server/deps.js";

/** Three teams, one of them under HIPAA; October is closed, November has three days and a correction of October. */
export const registry: Registry = registryWith({
  teams: [
    {
      id: "search",
      name: "Search",
      costCenter: "cc-web",
      contacts: ["search@example.com"],
      budgets: [{ from: "2026-10", amount: "300" }],
    },
    {
      id: "checkout",
      name: "Checkout <b>&amp;</b>",
      costCenter: "cc-web",
      contacts: ["checkout@example.com"],
    },
    {
      id: "genomics",
      name: "Genomics",
      costCenter: "cc-lab",
      complianceLevel: "hipaa",
      contacts: ["lab@example.com"],
    },
  ],
  clusters: [{ id: "one", region: "eu-west-1" }],
});

/** Now, for whoever asks. */
const NOW = "2026-11-12T08:00:00Z";

/** A guard against hanging: to read and allocate two months takes a while beside other work. */
export const BOOKS_TIMEOUT_MS = 300_000;

export interface TestBooks extends TestPlatform {
  readonly deps: ExplorerDeps;
  /** Another day of November is read and allocated. */
  addDay(day: string): Promise<void>;
}

function dayOfAll(day: string, api: string) {
  const at = (namespace: string, controller: string) => ({
    cluster: "one",
    namespace,
    controller,
    cpu_core_hours: "24",
  });
  return {
    ...costReading(
      day,
      [
        cpu(api, at("team-search", "api")),
        cpu("4.005", at("team-search", "web")),
        cpu("2.333333333333", at("team-checkout", "shop")),
        cpu("3.1", at("team-genomics", "patients")),
        cpu("1.000000000001", at("platform-shared", "mlflow")),
        cpu("0.5", at("somewhere", "nobodys")),
      ],
      "one",
    ),
    finality: "final" as const,
  };
}

const usage = (day: string) => ({
  ...runsReading(day, { search: 2, checkout: 1, genomics: 4 }),
  finality: "final" as const,
});

const november = (day: string) => [dayOfAll(day, "9"), usage(day), billReading(day, "22")];

export async function openTestBooks(): Promise<TestBooks> {
  // On demand: who closes months brings much of the house with it.
  const { closeOctober, failedGates, OCTOBER, READ } = await import("@apportion/pipeline/october");
  const test = await openBrought("explorer-books", async (books) => {
    const readings = daysOf(OCTOBER).flatMap((day) => [
      dayOfAll(day, "6"),
      usage(day),
      billReading(day, "18"),
    ]);
    await publishAll(books.log, readings, READ);
    await books.settle({ now: READ, registry });
    const closed = await closeOctober(books);
    if (!closed.closed) throw new Error(`October is not closed: ${failedGates(closed).join(", ")}`);
    const since = [
      dayOfAll("2026-10-21", "66"),
      billReading("2026-10-21", "81"),
      ...["2026-11-01", "2026-11-02", "2026-11-03"].flatMap(november),
    ];
    await publishAll(books.log, since, "2026-11-12T06:00:00Z");
    await books.settle({ now: "2026-11-12T07:00:00Z", registry });
  });
  return {
    ...test,
    deps: {
      ...test.platform,
      clickhouse: test.clickhouse,
      registry,
      clock: () => new Date(NOW),
      closeRules: {
        settleDay: 7,
        agreedHours: 0,
        accuracyPercentMin: "50",
        rateVariancePercentMax: "50",
      },
    },
    async addDay(day) {
      await publishAll(test.log, november(day), "2026-11-12T07:30:00Z");
      await test.settle({ now: "2026-11-12T07:45:00Z", registry });
    },
  };
}
