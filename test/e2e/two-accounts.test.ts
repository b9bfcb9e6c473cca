import { afterEach, describe, expect, it } from "vitest";
import type { ApportionConfig } from "apportion/config";
import { openDeployment, type Deployment } from "./deployment.js";

const LINKED = "444455556666";

let deployment: Deployment;
afterEach(() => deployment.close());

async function readWeek(configure: (config: ApportionConfig) => ApportionConfig): Promise<void> {
  deployment = await openDeployment({
    now: "2026-10-20T00:00:00Z",
    configure: (config) =>
      configure({
        ...config,
        ...(config.aws && { aws: { ...config.aws, accounts: [...config.aws.accounts, LINKED] } }),
      }),
  });
  expect(await deployment.run("2026-10-12", "2026-10-15")).toEqual([]);
}

/** Conservation: what each collector charged is what the bill says is its. */
async function expectAllCharged(): Promise<void> {
  const billed = await deployment.rows(
    `SELECT owner, toString(sum(toDecimal256(effective_cost, 12))) AS total FROM bill_facts
     WHERE snapshot_id IN (SELECT snapshot_id FROM current_snapshots WHERE dataset = 'bill') GROUP BY owner ORDER BY owner`,
  );
  const charged = await deployment.rows(
    `SELECT if(source = 'rate-variance', 'kubecost', source) AS owner, toString(sum(toDecimal256(amount, 12))) AS total
     FROM current_allocations GROUP BY owner ORDER BY owner`,
  );
  expect(charged).toEqual(billed);
}

const withoutCollector = (): Promise<Record<string, string>[]> =>
  deployment.rows(
    `SELECT scope, service, owner_kind FROM current_allocations WHERE reason = 'no-collector'
     GROUP BY scope, service, owner_kind ORDER BY scope, service`,
  );

describe("a bill of two accounts, one of them without clusters", () => {
  it("is charged to the last dollar: transfer, NAT and storage of both, machines of the other as nobody's", async () => {
    await readWeek((config) => config);
    await expectAllCharged();
    expect(await withoutCollector()).toEqual([
      { scope: LINKED, service: "Amazon Elastic Compute Cloud - Compute", owner_kind: "unallocated" },
    ]);
    const [linked] = await deployment.rows(
      `SELECT groupUniqArray(reason) AS reasons FROM current_allocations WHERE source = 'network' AND scope = '${LINKED}'`,
    );
    expect(linked).toEqual({ reasons: ["no-bytes"] });
  });

  it("is charged to the last dollar without the collectors of network and S3: their lines are nobody's", async () => {
    await readWeek(({ network: _network, s3: _s3, ...config }) => config);
    await expectAllCharged();
    const storage = "Amazon Simple Storage Service";
    expect(await withoutCollector()).toEqual([
      { scope: "111122223333", service: "AWS Data Transfer", owner_kind: "unallocated" },
      { scope: "111122223333", service: storage, owner_kind: "unallocated" },
      { scope: "111122223333", service: "EC2 - Other", owner_kind: "unallocated" },
      { scope: LINKED, service: "AWS Data Transfer", owner_kind: "unallocated" },
      { scope: LINKED, service: "Amazon Elastic Compute Cloud - Compute", owner_kind: "unallocated" },
      { scope: LINKED, service: storage, owner_kind: "unallocated" },
      { scope: LINKED, service: "EC2 - Other", owner_kind: "unallocated" },
    ]);
  });
});
