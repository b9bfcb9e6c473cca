import type { Acts } from "@apportion/explorer/decisions/acts";
import { decide } from "@apportion/intake/quarantine/decide";
import {
  type AdjustDeps,
  approveAdjustment,
  proposeAdjustment,
  withdrawAdjustment,
} from "@apportion/ledger/adjust";
import { closeMonth } from "@apportion/ledger/close";
import { withdrawDecision } from "@apportion/ledger/decide";
import type { CloseRules, Platform } from "@apportion/platform/platform";
import { decideOnSaid } from "./advice-decision.js";
import { UsageError } from "./commands/context.js";
import { onRecord } from "./on-record.js";

/** What people decide on the pages, done as commands do it. */
export function actsOn(platform: Platform): Acts {
  const promised = (): CloseRules => {
    if (!platform.closeRules) throw new UsageError("This process does not know what a close promises");
    return platform.closeRules;
  };
  const adjusting = async (): Promise<AdjustDeps> => ({
    ...platform,
    clickhouse: await platform.clickhouse(),
    firstMonth: promised().firstMonth,
  });
  return {
    onRecord: (act) => onRecord(platform, act),
    async close(request, onProgress) {
      const deps = { ...platform, clickhouse: await platform.clickhouse(), onProgress };
      return onRecord(platform, () => closeMonth(deps, request, promised()));
    },
    async decideReading(decision) {
      const deps = { ...platform, clickhouse: await platform.clickhouse() };
      await onRecord(platform, () => decide(deps, decision));
    },
    async proposeAdjustment(proposal) {
      const deps = await adjusting();
      const days = promised().adjustmentExpiresDays;
      return (await onRecord(platform, () => proposeAdjustment(deps, proposal, days))).draft;
    },
    async approveAdjustment(id, approvedBy) {
      const deps = await adjusting();
      await onRecord(platform, () => approveAdjustment(deps, id, approvedBy));
    },
    async withdrawAdjustment(id, by) {
      const deps = await adjusting();
      await onRecord(platform, () => withdrawAdjustment(deps, id, by));
    },
    async withdrawDecision(id, by) {
      const deps = { ...platform, clickhouse: await platform.clickhouse() };
      await onRecord(platform, () => withdrawDecision(deps, id, by));
    },
    async decideAdvice(id, decision, isTheirs) {
      await decideOnSaid(platform, id, decision, isTheirs);
    },
  };
}
