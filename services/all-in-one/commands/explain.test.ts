import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LineExplanation } from "@apportion/books/explain/explanation";
import type { NumberedLine } from "@apportion/books/explain/statement";
import { parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { asSeenBy } from "@apportion/books/explain/hidden";
import { EVERYBODY } from "@apportion/books/viewer";
import { explanationLines, statementLines } from "./explain.js";
import { commandLine, plain, type CommandLine } from "./testing/command-line.js";

let line: CommandLine;
beforeEach(() => void (line = commandLine()));
afterEach(() => line.remove());

it.each([
  [["--line", "0"], '--line: "0" is not the number of a line'],
  [["--line", "1.5"], '--line: "1.5" is not the number of a line'],
  [["--day", "2026-10-03"], "--day needs --line"],
  [["--line", "1", "--day", "3rd"], '--day: "3rd" is not a day such as 2026-11-22'],
])("refuses %j", async (flags, words) => {
  const asked = ["explain", "--month", "2026-10", "--team", "ads", ...flags];
  expect(await line.run(...asked)).toEqual({ code: 2, out: "", err: `${words}\n` });
});

const naming = {
  registry: { sharedServices: [{ id: "mlflow", name: "MLflow" }] },
  currency: "USD",
} as unknown as Parameters<typeof statementLines>[1];
const mlflow = {
  line: 1,
  category: "shared-service",
  pool: "mlflow",
  basis: "shared",
  method: "usage",
  reason: "",
  amount: "12.345",
  charged: "12.35",
} as unknown as NumberedLine;
const statement = {
  month: parseBillingPeriod("2026-10"),
  team: "ads",
  charged: "12.35",
  lines: [mlflow],
  corrections: [],
  later: [],
};

describe("a statement", () => {
  it("numbers its lines, names services as people do, and says how each came about", () => {
    expect(plain(statementLines(statement, naming))).toEqual([
      "2026-10, ads: 12.35 USD",
      `    1  ${"MLflow".padEnd(44)}         12.35 USD  by usage`,
      "explain … --line N goes from a line down to its facts.",
    ]);
  });

  it("keeps corrections beside it: they name month, journal and days, and are in the sum below", () => {
    const days = [
      {
        day: parseDay("2026-09-03"),
        before: "1",
        now: "0.5",
        difference: "-0.5",
        runBefore: "aaaaaaaa11",
        runNow: "bbbbbbbb22",
      },
    ];
    const correction = {
      seq: "4",
      kind: "correction",
      correctsPeriod: parseBillingPeriod("2026-09"),
      category: "shared-service",
      pool: "mlflow",
      charged: "-0.50",
      postedAt: "2026-10-05T01:02:03.000Z",
      days,
    } as unknown as Parameters<typeof statementLines>[0]["corrections"][number];
    const [title, , corrected, day, , sum] = plain(
      statementLines({ ...statement, corrections: [correction] }, naming),
    );
    expect(title).toBe("2026-10, ads: 12.35 USD");
    expect(corrected).toMatch(
      /^ {4}\+ {2}MLflow, 2026-09 +-0\.50 USD {2}correction, journal 4 of 2026-10-05$/,
    );
    expect(day).toMatch(/^ +2026-09-03 +-0\.50 USD {2}1 by run aaaaaaaa → 0\.5 by bbbbbbbb, exactly$/);
    expect(sum).toBe("Charged in 2026-10, with corrections and adjustments: 11.85 USD");
    const month = Array.from({ length: 31 }, (_, at) => ({ ...days[0], day: `2026-09-${at + 1}` }));
    const decided = { ...correction, kind: "decision", reason: "Owners corrected", days: month };
    const many = plain(
      statementLines({ ...statement, corrections: [decided as unknown as typeof correction] }, naming),
    );
    expect(many[3]).toBe("         31 days, 2026-09-1 to 2026-09-31: 31 → 15.5, exactly; --json has each");
  });

  it("lists what was posted about the month since, why and in which month it is charged, and the sum with it", () => {
    const moved = (billingPeriod: string, seq: string, charged: string, kind: string) =>
      ({
        seq,
        kind,
        reason: "The experiment was search's",
        billingPeriod: parseBillingPeriod(billingPeriod),
        correctsPeriod: parseBillingPeriod("2026-10"),
        category: "adjustment",
        pool: "",
        charged,
        postedAt: "2026-12-05T01:02:03.000Z",
        days: [],
      }) as unknown as Parameters<typeof statementLines>[0]["later"][number];
    const lines = plain(
      statementLines(
        {
          ...statement,
          corrections: [moved("2026-10", "1", "-1", "adjustment")],
          later: [moved("2026-11", "3", "-2", "adjustment"), moved("2026-12", "5", "0.5", "correction")],
        },
        naming,
      ),
    );
    // What is about the month itself is explained here: nothing leads to it once more.
    expect(lines.join("\n")).not.toContain("explain that one");
    expect(lines.slice(-4).map((text) => text.replace(/ +/g, " "))).toEqual([
      "Posted about 2026-10 since:",
      " + Adjustment, charged in 2026-11 -2.00 USD adjustment, journal 3 of 2026-12-05: The experiment was search's",
      " + Adjustment, charged in 2026-12 0.50 USD correction, journal 5 of 2026-12-05",
      "2026-10, with all that was posted about it: 9.85 USD",
    ]);
  });
});

const fact = {
  source: "kubecost",
  scope: "eu-1",
  kind: "workload",
  cluster: "eu-1",
  namespace: "mlflow",
  controller: "tracking",
  node: "",
  label: "pci-team",
  protectedLevel: "pci",
  service: "",
  usageType: "",
  amount: "40",
  snapshotId: "0123456789abcdef",
};
const explained: LineExplanation = {
  line: mlflow,
  day: parseDay("2026-10-03"),
  days: [
    {
      day: parseDay("2026-10-03"),
      runId: "r",
      amount: "10",
      poolCost: "40",
      driverQuantity: "250",
      driverTotal: "1000",
      meter: "mlflow.runs",
      usageWindow: "billing-month",
      betweenServices: "",
    },
  ],
  policy: {
    pool: "mlflow",
    version: "1234abcd",
    methods: [
      { kind: "usage", meters: [{ meter: "mlflow.runs", percent: "100" }] },
      { kind: "proportional", to: "direct" },
    ],
    exempt: ["fraud"],
    caps: { ads: "500" },
    minimums: {},
  } as unknown as NonNullable<LineExplanation["policy"]>,
  facts: [fact],
  factCount: 3,
  snapshots: [
    {
      snapshotId: fact.snapshotId,
      reading: "cost/kubecost/eu-1",
      readAt: "2026-10-04T02:00:00.000Z",
      log: "readings/0 at 17",
    },
  ],
};

describe("a line", () => {
  it("goes down to policy, share, facts and the place in the event log, each amount with its currency", () => {
    const lines = plain(explanationLines(explained, "ads", naming));
    expect(lines).toEqual([
      "MLflow of ads: 12.35 USD  exactly 12.345",
      "  Policy 1234abcd: by use of the month, mlflow.runs; else in proportion to direct cost.",
      "  Exempt: fraud.",
      "  At most, of a month: ads 500.",
      "",
      "  day                     cost       of the pool   share",
      "  2026-10-03         10.00 USD         40.00 USD   25.0 %: 250 of 1,000 mlflow.runs of the month",
      "",
      "  What lies behind 2026-10-03, all 40.00 USD of the pool: 3 facts, the 1 costliest",
      "         40.00 USD  workload eu-1 / mlflow / tracking / pci-team 01234567",
      "",
      "  Where it was read, and where that lies in the event log:",
      "    01234567  cost/kubecost/eu-1, read 2026-10-04T02:00 UTC readings/0 at 17",
    ]);
  });

  it("hides the names of protected teams' workloads, and nobody else's", () => {
    const facts = [fact, { ...fact, protectedLevel: "" }];
    expect(asSeenBy({ ...EVERYBODY, namesOf: [] }, "search", { ...explained, facts }).facts).toMatchObject([
      { controller: "hidden (pci)", label: "hidden (pci)", namespace: "mlflow" },
      { controller: "tracking", label: "pci-team" },
    ]);
  });

  it("says of what no policy split why it is charged", () => {
    const { policy: _, ...rest } = explained;
    const text = (of: object): string =>
      plain(
        explanationLines({ ...rest, line: { ...mlflow, category: "cpu", pool: "", ...of } }, "ads", naming),
      ).join("\n");
    expect(text({ basis: "direct" })).toContain(
      "Direct: what the payer's own namespaces, labels and tags cost.",
    );
    expect(text({ basis: "idle" })).toContain("Idle: what was paid for and not asked for");
    expect(text({ basis: "direct" })).not.toContain("of the pool");
  });
});
