import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseBillingPeriod, parseDay } from "@apportion/domain/period";
import { loadConfig } from "../config.js";
import { readPolicies, render, renderComparison } from "./simulate.js";
import { commandLine, CONFIG, plain, type CommandLine } from "./testing/command-line.js";

const CONFIGURED = `${CONFIG}sharedServices: [{ id: mlflow, owns: [{ namespace: mlflow }] }, { id: kafka, owns: [{ namespace: kafka }] }]
allocation: { policies: [{ pool: mlflow, methods: [{ kind: even }] }, { pool: kafka, methods: [{ kind: even }] }], betweenServices: [{ method: reciprocal }] }
`;

let line: CommandLine;
beforeEach(() => void (line = commandLine(CONFIGURED)));
afterEach(() => line.remove());

describe("the file of policies", () => {
  const read = (policies: string) => {
    const file = join(line.folder, "policies.yaml");
    writeFileSync(file, policies);
    const config = loadConfig(line.configFile, {});
    const context = { env: {}, stdout: process.stdout, stderr: process.stderr, now: () => new Date(0) };
    return { given: readPolicies(context, file, config) };
  };

  it("may be the two lists alone or the section of a configuration, not both", () => {
    const lists = "policies: [{ pool: mlflow, methods: [{ kind: proportional }] }]";
    const nested = `allocation: { ${lists} }`;
    for (const text of [lists, nested])
      expect(read(text).given.policies.map(({ pool }) => pool)).toEqual(["mlflow"]);
    expect(() => read(`${lists}\n${nested}`)).toThrow("policies are in here or beside it, not both");
  });

  it("may not name what the configuration does not know", () => {
    expect(() => read("policies: [{ pool: mlfow, methods: [{ kind: even }] }]")).toThrow(
      "policies.yaml:1  policies[0].pool",
    );
  });

  it("that cannot be read is named", () => {
    const config = loadConfig(line.configFile, {});
    const context = { env: {}, stdout: process.stdout, stderr: process.stderr, now: () => new Date(0) };
    expect(() => readPolicies(context, "nowhere.yaml", config)).toThrow(
      "--policy: the policy file nowhere.yaml cannot be read (ENOENT)",
    );
  });
});

const month = parseBillingPeriod("2026-10");
const CENT = 10_000_000_000n;
const none = { now: 0n, simulated: 0n };
const simulation = {
  month,
  days: 31,
  replaced: [{ of: "kafka", before: [], after: [[{ kind: "even" as const }]] }],
  teams: [
    { team: "ads", now: 100_000n, simulated: 60_000n },
    { team: "fraud", now: 50_000n, simulated: 90_000n },
    { team: "ml", now: 5n, simulated: 6n },
  ],
  idle: none,
  corporate: none,
  unallocated: { now: 1n, simulated: 0n },
  total: { now: 150_006n, simulated: 150_006n },
  moved: [
    {
      ownerKind: "team" as const,
      teamId: "fraud",
      category: "shared" as const,
      pool: "system/prod",
      picos: CENT,
    },
    {
      ownerKind: "team" as const,
      teamId: "ads",
      category: "shared" as const,
      pool: "kafka",
      picos: -40_000n * CENT,
    },
    {
      ownerKind: "team" as const,
      teamId: "fraud",
      category: "shared" as const,
      pool: "kafka",
      picos: 40_000n * CENT,
    },
    { ownerKind: "team" as const, teamId: "ml", category: "shared" as const, pool: "feast", picos: 1n },
  ],
};

it("shows who would pay less and more, in money, and that nothing was written", () => {
  const lines = plain(render(simulation, "p.yaml", "USD"));
  expect(lines.slice(0, 6)).toEqual([
    "2026-10 under p.yaml: 1 team pays less, 2 more; nothing was written",
    "  kafka: the default → evenly",
    "Policies that the file does not name stay as they are.",
    `  ads                           1,000.00 USD →        600.00 USD         -400.00 USD  ${"█".repeat(16)}`,
    `  fraud                           500.00 USD →        900.00 USD         +400.00 USD  ${"█".repeat(16)}`,
    "  ml                                0.05 USD →          0.06 USD           +0.01 USD  ",
  ]);
  expect(lines.at(-3)).toMatch(/^ {2}total +1,500\.06 USD → +1,500\.06 USD +0\.00 USD/);
  expect(lines.slice(-2)).toEqual([
    "  of kafka: some pay 400.00 USD more, others 400.00 USD less",
    "  of Kubernetes system services on prod: some pay 0.01 USD more, others 0.00 USD less",
  ]);
});

it("says of a policy that holds only later since when, and not that it replaced another", () => {
  const replaced = [
    {
      of: "mlflow",
      before: [[{ kind: "even" as const }]],
      after: [[{ kind: "even" as const }]],
      from: parseDay("2027-01-01"),
    },
  ];
  expect(plain(render({ ...simulation, replaced }, "p.yaml", "USD"))[1]).toBe(
    "  mlflow: evenly; the file's holds only from 2027-01-01",
  );
});

it("compares the methods side by side, and says where they are the same", () => {
  const same = [1n, 1n, 1n];
  const comparison = {
    month,
    methods: ["direct", "step-down", "reciprocal"] as const,
    teams: [{ team: "ads", cents: [100_000n, 99_000n, 99_500n] }],
    idle: same,
    corporate: same,
    unallocated: same,
    total: same,
  };
  const lines = plain(renderComparison(comparison, "USD"));
  expect(lines[1]).toMatch(/^ +direct +step-down +reciprocal$/);
  expect(lines[2]).toMatch(/^ {2}ads +1,000\.00 USD +990\.00 USD +995\.00 USD$/);
  const note = "All three are the same: no shared service used another one.";
  expect(lines).not.toContain(note);
  expect(plain(renderComparison({ ...comparison, teams: [] }, "USD"))).toContain(note);
});
