import type { Acts } from "@apportion/explorer/decisions/acts";
import { decide } from "@apportion/intake/quarantine/decide";
import { closeMonth } from "@apportion/ledger/close";
import type { Platform } from "@apportion/platform/platform";
import { decideOnSaid } from "./advice-decision.js";
import { UsageError } from "./commands/context.js";
import { onRecord } from "./on-record.js";

/** What people decide on the pages, done as commands do it. */
export function actsOn(platform: Platform): Acts {
  return {
    onRecord: (act) => onRecord(platform, act),
    async close(request, onProgress) {
      const { closeRules, clickhouse } = platform;
      if (!closeRules) throw new UsageError("This process does not know what a close promises");
      const deps = { ...platform, clickhouse: await clickhouse(), onProgress };
      return onRecord(platform, () => closeMonth(deps, request, closeRules));
    },
    async decideReading(decision) {
      const deps = { ...platform, clickhouse: await platform.clickhouse() };
      await onRecord(platform, () => decide(deps, decision));
    },
    async decideAdvice(id, decision, isTheirs) {
      await decideOnSaid(platform, id, decision, isTheirs);
    },
  };
}
