import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { firstDayOf, previousBillingPeriod, type BillingPeriod } from "@apportion/domain/period";
import type { Simulator } from "@apportion/simulator/simulator";
import type { Mailbox } from "./mailbox.js";

const KUBERNETES_SERVICE = "Amazon Elastic Container Service for Kubernetes";
/** Nobody else asks the simulator. */
const UNHURRIED = { requestsPerSecondMax: 1_000 };

/** The configuration that a company like the simulated one would write, left in the data folder to be read and changed. */
export function writeDemoConfig(
  dataDir: string,
  simulator: Simulator,
  mailbox: Mailbox,
  current: BillingPeriod,
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
      budgets: [{ from: previousBillingPeriod(current), amount: team.monthlyBudget }],
    })),
    sharedServices: [
      ...registry.sharedServices.map(({ id, name }) => ({
        id,
        name,
        owns: [{ namespace: "platform-shared", controller: `${id}*` }],
      })),
      { id: "platform", name: "Shared platform", owns: [{ namespace: "platform-shared" }] },
      { id: "kubernetes-management", name: "Kubernetes management", owns: [{ service: KUBERNETES_SERVICE }] },
    ],
    clusters: registry.clusters.map(({ id, dedicatedTo, nodePools }) => ({
      id,
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
    usage: { mlflow: [{ name: "mlflow", url: urls.mlflow, ...UNHURRIED }] },
    allocation: {
      policies: [
        {
          pool: "mlflow",
          methods: [{ kind: "usage", meter: "mlflow.runs" }, { kind: "proportional" }, { kind: "even" }],
        },
        // What nobody used of the savings plan follows the machines' cost, which it lowers.
        {
          pool: "unused-commitment",
          methods: [{ kind: "proportional", to: "cpu" }, { kind: "even" }],
        },
        // Tax, support and credits follow everything else that teams pay.
        { pool: "corporate", methods: [{ kind: "proportional", to: "total" }, { kind: "even" }] },
      ],
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
    `# Months from ${firstDayOf(previousBillingPeriod(current))} on. The addresses of the simulator hold while the demo runs.`,
  ].join("\n");
  writeFileSync(file, `${header}\n${stringify(config)}`);
  return file;
}

function writeSecret(dataDir: string, name: string, value: string): void {
  writeFileSync(join(dataDir, name), value, { mode: 0o600 });
}
