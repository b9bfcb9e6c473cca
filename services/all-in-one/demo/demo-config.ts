import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { spanOf } from "@apportion/domain/budget-span";
import { firstDayOf, nextBillingPeriod, type BillingPeriod } from "@apportion/domain/period";
import type { Mailbox } from "@apportion/simulator/mailbox";
import type { Simulator } from "@apportion/simulator/simulator";

const KUBERNETES_SERVICE = "Amazon Elastic Container Service for Kubernetes";
/** Nobody else asks the simulator. */
const UNHURRIED = { requestsPerSecondMax: 1_000 };

/** The configuration that a company like the simulated one would write, left in the data folder to be read and changed. */
export function writeDemoConfig(
  dataDir: string,
  simulator: Simulator,
  mailbox: Mailbox,
  firstMonth: BillingPeriod,
): string {
  const { registry, urls } = simulator;
  writeSecret(dataDir, "aws-access-key-id", simulator.credentials.accessKeyId);
  writeSecret(dataDir, "aws-secret-access-key", simulator.credentials.secretAccessKey);
  const config = {
    currency: "USD",
    logLevel: "warn",
    teams: registry.teams.map((team) => ({
      id: team.id,
      name: team.name,
      costCenter: team.costCenter,
      complianceLevel: team.complianceLevel,
      contacts: [team.leadEmail],
      budgets: [
        { from: firstMonth, amount: team.monthlyBudget },
        ...(team.id === WITH_QUARTER ? [computeOfQuarter(team, firstMonth)] : []),
      ],
    })),
    departments: [ofFirstTeams(registry.teams, firstMonth)],
    sharedServices: [
      ...registry.sharedServices.map(({ id, name }) => ({
        id,
        name,
        owns: [{ namespace: "platform-shared", controller: `${id}*` }],
      })),
      { id: "platform", name: "Shared platform", owns: [{ namespace: "platform-shared" }] },
      { id: "kubernetes-management", name: "Kubernetes management", owns: [{ service: KUBERNETES_SERVICE }] },
    ],
    clusters: registry.clusters.map(({ id, region, dedicatedTo, nodePools }) => ({
      id,
      region,
      ...(dedicatedTo && { dedicatedTo }),
      ...(nodePools.length > 0 && {
        nodePools: nodePools.map((pool) => ({ id: pool.id, nodes: [pool.nodes], team: pool.dedicatedTo })),
      }),
    })),
    kubecost: { clusters: registry.clusters.map(({ id }) => ({ id, url: urls.kubecost[id], ...UNHURRIED })) },
    aws: {
      accounts: [simulator.account],
      costExplorerEndpoint: urls.aws,
      s3Endpoint: urls.aws,
      cacheMinutes: 0,
      credentials: {
        accessKeyId: { file: "aws-access-key-id" },
        secretAccessKey: { file: "aws-secret-access-key" },
      },
    },
    s3: {},
    network: {
      prometheus: registry.clusters.map(({ id, region }) => ({
        cluster: id,
        region,
        url: urls.prometheus[id],
        ...UNHURRIED,
      })),
    },
    bill: {},
    utilisation: {
      prometheus: registry.clusters.map(({ id }) => ({
        cluster: id,
        url: urls.prometheus[id],
        ...UNHURRIED,
      })),
    },
    usage: { mlflow: [{ name: "mlflow", url: urls.mlflow, ...UNHURRIED }] },
    allocation: {
      policies: [
        {
          pool: "mlflow",
          methods: [{ kind: "usage", meter: "mlflow.runs" }, { kind: "proportional" }, { kind: "even" }],
        },
        // Argo CD rolls out the other services, Prometheus watches them: each takes a part of the other.
        {
          pool: "argocd",
          methods: [sharedEvenly({ prometheus: 8, mlflow: 10, feast: 10 }, registry.teams)],
        },
        {
          pool: "prometheus",
          methods: [sharedEvenly({ argocd: 10, mlflow: 15, feast: 15 }, registry.teams)],
        },
        // What nobody used of the savings plan follows the machines' cost, which it lowers.
        {
          pool: "unused-commitment",
          methods: [{ kind: "proportional", to: "cpu" }, { kind: "even" }],
        },
        // Tax, support and credits follow everything else that teams pay.
        { pool: "corporate", methods: [{ kind: "proportional", to: "total" }, { kind: "even" }] },
      ],
      betweenServices: [{ method: "reciprocal" }],
    },
    notifier: {
      smtp: { host: mailbox.host, port: mailbox.port, security: "none" },
      from: "Apportion <apportion@example.test>",
      finance: ["finance@example.test"],
    },
  };
  const file = join(dataDir, "apportion.yaml");
  const header = [
    "# Written by `apportion demo` for the simulated platform: every number behind it is made up.",
    `# Months from ${firstDayOf(firstMonth)} on. The addresses of the simulator hold while the demo runs.`,
  ].join("\n");
  writeFileSync(file, `${header}\n${stringify(config)}`);
  return file;
}

/** Has a budget for the compute of a quarter beside that of each month, and more of it once. */
const WITH_QUARTER = "search";

type BudgetedTeam = Pick<Simulator["registry"]["teams"][number], "id" | "monthlyBudget">;

function computeOfQuarter({ monthlyBudget }: BudgetedTeam, firstMonth: BillingPeriod): object {
  const increase = { amount: "1500.00", by: "the CFO", reason: "a new ranking model is trained" };
  return {
    from: spanOf("quarter", firstMonth)[0],
    amount: timesThree(monthlyBudget),
    span: "quarter",
    categories: ["compute"],
    increases: [{ period: nextBillingPeriod(firstMonth), ...increase }],
  };
}

/** A department with a budget for a quarter. */
function ofFirstTeams(teams: readonly BudgetedTeam[], firstMonth: BillingPeriod): object {
  const own = teams.slice(0, 5);
  const total = own.reduce((sum, { monthlyBudget }) => sum + Number.parseInt(monthlyBudget, 10), 0);
  return {
    id: "discovery",
    name: "Search and discovery",
    teams: own.map(({ id }) => ({ id })),
    contacts: ["head-of-discovery@example.test"],
    budgets: [{ from: spanOf("quarter", firstMonth)[0], amount: timesThree(`${total}.00`), span: "quarter" }],
  };
}

/** Monthly budgets of the simulator are whole dollars. */
function timesThree(amount: string): string {
  return `${Number.parseInt(amount, 10) * 3}.00`;
}

/** Percentages of other services, and the same for each team of what is left of 100. */
function sharedEvenly(
  services: Readonly<Record<string, number>>,
  teams: readonly { readonly id: string }[],
): { kind: "fixed"; teams: Record<string, number>; services: Readonly<Record<string, number>> } {
  const left = 100 - Object.values(services).reduce((sum, percent) => sum + percent, 0);
  return {
    kind: "fixed",
    teams: Object.fromEntries(teams.map(({ id }) => [id, left / teams.length])),
    services,
  };
}

function writeSecret(dataDir: string, name: string, value: string): void {
  writeFileSync(join(dataDir, name), value, { mode: 0o600 });
}
