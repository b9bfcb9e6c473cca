import { simpleParser } from "mailparser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatPicos } from "@apportion/domain/money";
import { parseBillingPeriod } from "@apportion/domain/period";
import { listMails } from "@apportion/simulator/mailbox";
import { openDeployment, type Deployment, type DeploymentOptions } from "./deployment.js";

/** At the prices of each source: what the bill makes of Kubernetes' prices is asked for apart. */
const TOTALS = `SELECT billing_period AS month, toString(sum(toDecimal256(amount, 12))) AS total FROM current_allocations
  WHERE source != 'rate-variance' GROUP BY billing_period ORDER BY billing_period`;
const EVERYTHING = "SELECT * FROM current_allocations ORDER BY charge_day, line";

/** A guard against hanging: a broker starts and five weeks of a whole platform are read, maybe beside other work. */
const READ_MS_MAX = 300_000;

/**
 * The main job from wire formats to mails. It runs on each event log.
 * @param simulated a smaller platform than the demo's
 */
export function chargesWhatWasServed(
  name: string,
  start: () => Promise<{ readonly eventLog?: DeploymentOptions["eventLog"]; stop(): Promise<void> }>,
  simulated?: DeploymentOptions["simulated"],
): void {
  describe(`the whole system, ${name}`, () => {
    let deployment: Deployment;
    let stop: () => Promise<void>;
    beforeAll(async () => {
      const started = await start();
      stop = () => started.stop();
      const { eventLog } = started;
      deployment = await openDeployment({
        now: "2026-11-04T00:00:00Z",
        ...(eventLog && { eventLog }),
        ...(simulated && { simulated }),
      });
      await deployment.run("2026-10-01", "2026-11-04");
    }, READ_MS_MAX);
    afterAll(async () => {
      await deployment.close();
      await stop();
    });

    /** What the simulator says it served. */
    const servedTotals = (): { month: string; total: string }[] =>
      ["2026-10", "2026-11"].map((month) => ({
        month,
        total: formatPicos(deployment.simulator.ledger.totalOf(month)),
      }));

    it("charges all that was served and nothing else, to the last digit", async () => {
      expect(await deployment.rows(TOTALS)).toEqual(servedTotals());
    });

    it("charges each team exactly its own direct cost", async () => {
      const rows = await deployment.rows(
        `SELECT team_id, toString(sum(toDecimal256(amount, 12))) AS own FROM current_allocations
         WHERE billing_period = '2026-10' AND owner_kind = 'team' AND basis != 'shared' AND category NOT IN ('network', 'rate-variance') AND source != 'rate-variance'
         GROUP BY team_id ORDER BY team_id`,
      );
      const { registry, ledger } = deployment.simulator;
      const expected = registry.teams.map(({ id }) => {
        const isDedicated = ({ cluster, node }: { cluster: string; node: string }): boolean =>
          registry.clusters.some(
            (each) =>
              each.id === cluster &&
              (each.dedicatedTo === id ||
                each.nodePools.some(
                  ({ dedicatedTo, nodes }) => dedicatedTo === id && node.startsWith(nodes.replace("*", "")),
                )),
          );
        return { team_id: id, own: formatPicos(ledger.directOf(id, "2026-10", isDedicated)) };
      });
      expect(rows).toEqual(expected.toSorted((a, b) => (a.team_id < b.team_id ? -1 : 1)));
    });

    it("splits MLflow by runs, and keeps the share of runs without a team unallocated", async () => {
      const methods = await deployment.rows(
        "SELECT DISTINCT pool, method, reason FROM current_allocations WHERE pool = 'mlflow' AND owner_kind = 'team'",
      );
      expect(methods).toEqual([{ pool: "mlflow", method: "usage", reason: "" }]);
      const [nobody] = await deployment.rows(
        "SELECT sum(toDecimal256(amount, 12)) > 0 AS some FROM current_allocations WHERE pool = 'mlflow' AND owner_kind = 'unallocated'",
      );
      expect(nobody).toEqual({ some: 1 });
    });

    it("keeps what has no owner in sight, with where it is, why, and the tag that nobody has", async () => {
      const rows = await deployment.rows(
        `SELECT DISTINCT source, namespace, service, label, reason FROM current_allocations
         WHERE owner_kind = 'unallocated' AND pool = '' AND billing_period = '2026-10' AND source != 'rate-variance'
         ORDER BY source, service, label`,
      );
      expect(
        rows.map(({ source, namespace, service, label, reason }) => [
          source,
          namespace,
          service,
          label,
          reason,
        ]),
      ).toEqual([
        ["aws-bill", "", "Amazon Relational Database Service", "", "untagged"],
        ["aws-bill", "", "EC2 - Other", "", "untagged"],
        ["kubecost", "sandbox-x7", "", "", "no-owner"],
        ["network", "", "AWS Data Transfer", "", "no-bytes"],
        ["network", "", "EC2 - Other", "", "no-bytes"],
        ["s3", "", "Amazon Simple Storage Service", "", "untagged"],
        ["s3", "", "Amazon Simple Storage Service", "frad", "no-owner"],
      ]);
    });

    it("reads tax, support and credits with their sign, and spreads them over all that teams pay", async () => {
      const rows = await deployment.rows(
        `SELECT service, sum(toDecimal256(effective_cost, 12)) > 0 AS costs FROM cost_facts
         WHERE snapshot_id IN (SELECT snapshot_id FROM current_snapshots) AND kind = 'bill' AND record_type != 'Usage'
           AND charge_period_start < '2026-11-01' GROUP BY service ORDER BY service`,
      );
      const [left] = await deployment.rows(
        `SELECT countIf(owner_kind = 'corporate') AS apart, uniqExactIf(team_id, pool = 'corporate') AS teams
         FROM current_allocations WHERE billing_period = '2026-10'`,
      );
      expect(left).toEqual({ apart: "0", teams: String(deployment.simulator.registry.teams.length) });
      expect(rows).toEqual([
        { service: "AWS Support (Business)", costs: 1 },
        { service: "Amazon Elastic Compute Cloud - Compute", costs: 0 },
        { service: "Savings Plans for AWS Compute usage", costs: 1 },
        { service: "Tax", costs: 1 },
      ]);
    });

    it("has the whole bill beside it, each line with the collector that owns it, adding up to what was charged of it", async () => {
      const rows = await deployment.rows(
        `SELECT owner, toString(sum(toDecimal256(effective_cost, 12))) AS total FROM bill_facts
         WHERE snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'bill')
           AND charge_period_start < '2026-11-01' GROUP BY owner ORDER BY owner`,
      );
      const charged = await deployment.rows(
        `SELECT if(source = 'rate-variance', 'kubecost', source) AS owner, toString(sum(toDecimal256(amount, 12))) AS total
         FROM current_allocations WHERE billing_period = '2026-10' GROUP BY owner ORDER BY owner`,
      );
      expect(rows).toEqual(charged);
    });

    it("mails thresholds that are passed at once in one mail, to the team that reached them", async () => {
      const mails = await Promise.all(
        listMails(deployment.mailbox.folder).map(({ raw }) => simpleParser(raw)),
      );
      const october = mails.filter(({ subject }) => subject?.includes("October 2026"));
      const to = (address: string): string[] =>
        october
          .filter(({ to: all }) => [all].flat().some((each) => each?.text === address))
          .map(({ subject }) => subject ?? "");
      expect(to("ads-lead@example.test")).toHaveLength(1);
      expect(to("nlp-lead@example.test").length).toBeGreaterThanOrEqual(1);
      expect(to("maps-lead@example.test")).toEqual([]);
    });

    it("changes no number and sends no mail when it is run again", async () => {
      const before = await deployment.rows(EVERYTHING);
      const received = deployment.mailbox.received;
      expect(await deployment.run("2026-10-01", "2026-11-04")).toEqual([]);
      expect(await deployment.rows(EVERYTHING)).toEqual(before);
      expect(deployment.mailbox.received).toBe(received);
    });

    it("reports the month to each team and to finance, once for an edition", async () => {
      const period = parseBillingPeriod("2026-10");
      const { registry } = deployment.simulator;
      expect(await deployment.system.notifier?.sendMonthlyReports(period)).toMatchObject({
        sent: registry.teams.length + 1,
      });
      expect(await deployment.system.notifier?.sendMonthlyReports(period)).toMatchObject({
        sent: 0,
        repeated: registry.teams.length + 1,
      });
    });

    it("follows the sources when they restate: the same tables as reading the final truth", async () => {
      deployment.setNow("2026-11-12T00:00:00Z");
      await deployment.run("2026-10-25", "2026-11-04");
      expect(await deployment.rows(TOTALS)).toEqual(servedTotals());
      const [canary] = await deployment.rows(
        `SELECT count() AS rows FROM cost_facts WHERE controller = 'canary'
         AND snapshot_id IN (SELECT snapshot_id FROM current_snapshots)`,
      );
      expect(canary).toEqual({ rows: "0" }); // it was there while the days were young
      const bills = await deployment.rows(
        `SELECT formatDateTime(charge_period_start, '%Y-%m') AS month, groupUniqArray(finality) AS are FROM last_readings
         WHERE source IN ('aws-bill', 'network') OR (source = 's3' AND dataset = 'cost') GROUP BY month ORDER BY month`,
      );
      expect(bills).toEqual([
        { month: "2026-10", are: ["final"] },
        { month: "2026-11", are: ["provisional"] }, // until the invoice
      ]);
    });
  });
}
