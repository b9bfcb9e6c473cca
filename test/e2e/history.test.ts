import { describe, expect, it } from "vitest";
import { addDays, parseDay } from "@apportion/domain/period";
import { openDeployment, type Deployment } from "./deployment.js";

/** Everything that is charged for the days that are final by then, whatever the snapshots and runs are called. */
const CHARGED = `SELECT toString(charge_day) AS day, source, cluster, namespace, service, label, category, owner_kind, team_id, basis,
  pool, method, reason, toString(sum(toDecimal256(amount, 12))) AS total FROM current_allocations
  WHERE charge_day >= '2026-10-14' AND charge_day < '2026-10-18'
  GROUP BY ALL ORDER BY ALL`;

/**
 * Sources restate their days, pods vanish when a day is re-priced, runs are logged late, and a bucket changes hands on the 16th. Who
 * read all along, day by day and some days twice, must end where somebody ends who reads the final truth once.
 */
describe("reading all along", { timeout: 120_000 }, () => {
  const readAllAlong = async (deployment: Deployment): Promise<void> => {
    // Until the last day is four days old: then no source restates it any more.
    for (let day = parseDay("2026-10-15"); day <= "2026-10-21"; day = addDays(day, 1)) {
      deployment.setNow(`${day}T06:00:00Z`);
      const from = addDays(day, -4) < "2026-10-14" ? "2026-10-14" : addDays(day, -4);
      const to = addDays(day, 1) > "2026-10-18" ? "2026-10-18" : addDays(day, 1); // the running day too, while it lasts
      await deployment.read(from, to);
      if (day === "2026-10-17") await deployment.read(from, to);
    }
  };

  it("ends in the same charges as reading the final truth once", async () => {
    const simulated = { teams: 16 }; // as few as have the bucket's owners among them
    const patient = await openDeployment({ now: "2026-10-15T06:00:00Z", simulated });
    const late = await openDeployment({ now: "2026-10-21T06:00:00Z", simulated });
    try {
      await readAllAlong(patient);
      await late.read("2026-10-14", "2026-10-18");
      const charged = await patient.rows(CHARGED);
      expect(charged.length).toBeGreaterThan(300);
      expect(charged).toEqual(await late.rows(CHARGED));
      const [handover] = await patient.rows(
        `SELECT groupUniqArray((toString(toDate(charge_period_start)), team_label)) AS days FROM bucket_facts WHERE bucket = 'ml-handover'
         AND snapshot_id IN (SELECT snapshot_id FROM current_snapshots)`,
      );
      const tags = new Map(handover?.["days"] as unknown as [string, string][]);
      expect([tags.get("2026-10-15"), tags.get("2026-10-16")]).toEqual(["maps", "routing"]);
    } finally {
      await patient.close();
      await late.close();
    }
  });
});
