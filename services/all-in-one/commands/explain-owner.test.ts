import { afterEach, beforeEach, expect, it } from "vitest";
import { commandLine, type CommandLine } from "./testing/command-line.js";

const CONFIG = `
teams:
  - { id: fraud, costCenter: "1" }
  - { id: ads, costCenter: "2", owns: [{ namespace: "team-*" }, { cluster: pci, namespace: team-fraud, to: 2026-11-01 }] }
sharedServices: [{ id: mlflow, owns: [{ namespace: platform, controller: "mlflow*" }] }]
clusters: [{ id: pci, dedicatedTo: fraud }]
`;

let line: CommandLine;
beforeEach(() => (line = commandLine(CONFIG)));
afterEach(() => line.remove());

it("says which rule won, and why each other lost", async () => {
  const place = ["--cluster", "pci", "--namespace", "team-fraud", "--label", "fraud", "--json"];
  const { code, out } = await line.run("explain", "owner", ...place);
  expect(code).toBe(0);
  const { owner, rules } = JSON.parse(out) as { owner: string; rules: Record<string, string>[] };
  expect(owner).toBe("team fraud");
  expect(rules).toEqual([
    { outcome: "won", owner: "team fraud", rule: "namespace team-fraud", because: "" },
    {
      outcome: "lost",
      owner: "team ads",
      rule: "namespace team-*",
      because: "the other names the namespace exactly",
    },
    {
      outcome: "lost",
      owner: "team fraud",
      rule: "teamLabel fraud",
      because: "the other names a namespace",
    },
    { outcome: "lost", owner: "team fraud", rule: "cluster pci", because: "the other names a namespace" },
    {
      outcome: "off",
      owner: "team ads",
      rule: "cluster pci, namespace team-fraud",
      because: "it holds until 2026-11-01",
    },
  ]);
  expect((await line.run("explain", "owner", ...place, "--day", "2026-10-31")).out).toContain(
    '"owner": "team ads"',
  );
});

it("says it to people too, also that nobody owns something", async () => {
  const known = await line.run("explain", "owner", "--namespace", "platform", "--controller", "mlflow-db");
  expect(known.out).toMatch(
    /shared service mlflow owns namespace platform, controller mlflow-db on 2026-11-22/,
  );
  const unknown = await line.run("explain", "owner", "--namespace", "nowhere");
  expect(unknown.out).toMatch(/nobody owns namespace nowhere on 2026-11-22/);
});

it("asks for what it needs", async () => {
  const { code, err } = await line.run("explain", "owner");
  expect([code, err]).toEqual([2, expect.stringContaining("needs --namespace")]);
  expect((await line.run("explain")).err).toContain("explain needs --month and --team");
});

it("warns in `config check` of a label that explicit `owns` drops", async () => {
  const { out } = await line.run("config", "check");
  expect(out).toContain(
    'Warning: teams.1.owns: it replaces what "ads" owns by default, so what is labelled or tagged ads is not the team\'s; add { teamLabel: ads } if it should be',
  );
  expect(out).not.toContain("teams.0");
});

it("warns in `config check` of a meter by namespace that does not say of which cluster, where that decides", async () => {
  const meter = (more: string): string =>
    `usage: { prometheus: [{ name: x, url: "http://p", meter: x.y, unit: z, ownedBy: namespace, query: "x[$window]"${more} }] }`;
  line.write(`${CONFIG}\n${meter("")}`);
  expect((await line.run("config", "check")).out).toContain(
    "Warning: usage.prometheus.0: owners depend on the cluster",
  );
  line.write(`${CONFIG}\n${meter(", cluster: pci")}`);
  expect((await line.run("config", "check")).out).not.toContain("usage.prometheus.0");
});
