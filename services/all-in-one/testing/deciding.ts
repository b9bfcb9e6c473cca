import { explorerConfig } from "@apportion/explorer/config";
import type { ExplorerApp } from "@apportion/explorer/server/question";
import { CLIENT } from "@apportion/explorer/testing/provider";
import type { TestPlatform } from "@apportion/pipeline/platform";
import { allocationConfig } from "@apportion/registry/allocation";
import type { Logger } from "@apportion/runtime/logger";
import { Secret } from "@apportion/runtime/secret";
import type { Clock } from "@apportion/runtime/service";
import { actsOn } from "../acts.js";

/** For tests: groups of those who sign in, by their names. */
export const GROUPS = {
  fay: ["finops"],
  finn: ["finops"],
  flo: ["finops"],
  fred: ["finops"],
  op: ["ops"],
  ann: ["data"],
  leo: ["leads", "team-a"],
  lea: ["leads", "team-b"],
};

interface DecidingDeps {
  readonly test: TestPlatform;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Of the `allocation.close` section, beside one reading of the bill being enough. */
  readonly promised?: object;
}

/** For tests: pages and API over a platform on which people decide; without a provider nobody signs in. */
export async function decidingApp(
  { test, logger, clock, promised = {} }: DecidingDeps,
  provider?: { readonly issuer: string; readonly publicUrl: string; readonly token: string },
): Promise<ExplorerApp> {
  // On demand: what answers brings the whole of the books with it.
  const { createApp } = await import("@apportion/explorer/server/app");
  const { close } = allocationConfig.parse({ close: { agreedHours: 0, ...promised } });
  const platform = { ...test.platform, logger, clock, closeRules: { ...close, isWithoutBill: false } };
  const deps = { ...platform, clickhouse: test.clickhouse, acts: async () => actsOn(platform) };
  const config = provider && {
    signIn: {
      issuer: provider.issuer,
      clientId: CLIENT.id,
      clientSecret: new Secret(CLIENT.secret),
      publicUrl: provider.publicUrl,
      rolesFrom: {
        claim: "groups",
        values: { finops: ["finance"], ops: ["operator"], data: ["analyst"], leads: ["lead"] },
      },
      teamsFrom: { claim: "groups", values: { "team-a": ["a"], "team-b": ["b"] } },
      sessionHours: 24,
    },
    tokens: [{ name: "invoicing", secret: new Secret(provider.token), roles: ["finance"] }],
  };
  return createApp(deps, explorerConfig.parse(config ?? {}));
}
