import {
  isPending,
  type QuarantinedReading,
  quarantinedReadings,
} from "@apportion/books/readings/quarantined";
import type { Reading } from "@apportion/domain/facts";
import { TOPICS } from "@apportion/events/catalogue";
import { decide, type Effect } from "@apportion/intake/quarantine/decide";
import { costReading, cpu, type TestPlatform } from "./platform.js";

/** For tests: a day of an open month, and what became of what was read. */

/** Two teams at work, and MLflow. */
export const day = (namespaceA: string, mlflow = "1"): Reading =>
  costReading("2026-11-22", [
    cpu(namespaceA, { namespace: "team-a", controller: "api" }),
    cpu("2.5", { namespace: "team-b", controller: "web" }),
    cpu(mlflow, { namespace: "platform-shared", controller: "mlflow" }),
  ]);

/** What each team owes, and what nobody does, over all days. */
export async function owed(test: TestPlatform): Promise<Record<string, string>> {
  const rows = await test.rows(
    `SELECT if(owner_kind = 'team', team_id, owner_kind) AS who, sum(toDecimal256(current_allocations.amount, 12)) AS owes
     FROM current_allocations GROUP BY who ORDER BY who`,
  );
  return Object.fromEntries(rows.map(({ who, owes }) => [who as string, owes as string]));
}

/** Why messages were given up, in their order. */
export async function deadLetters(test: TestPlatform): Promise<string[]> {
  const reasons: string[] = [];
  for await (const { headers } of test.log.replay(TOPICS.deadLetters.name))
    reasons.push(headers["apportion-dead-letter-reason"] ?? "");
  return reasons;
}

export async function pending(test: TestPlatform): Promise<QuarantinedReading[]> {
  return (await quarantinedReadings(test.clickhouse)).filter(isPending);
}

export function decideOn(
  { platform, clickhouse }: TestPlatform,
  id: string,
  decision: "release" | "drop",
  approvedBy = "bob",
  reason = "checked with the provider",
): Promise<Effect> {
  return decide({ ...platform, clickhouse }, { id, decision, preparedBy: "alice", approvedBy, reason });
}
