import { z } from "zod";
import { datasetSchema } from "@apportion/events/catalogue";
import { amountSchema } from "@apportion/registry/config";
import type { PoolPolicy } from "./allocation/policy.js";

const method = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("usage").describe("By measured usage of the billing month so far"),
      meter: z.string().min(1).describe("Name of the meter, e.g. mlflow.runs"),
    }),
    z.strictObject({ kind: z.literal("proportional").describe("By the teams' direct cost of the day") }),
    z.strictObject({ kind: z.literal("even").describe("The same for every team") }),
  ])
  .describe("One way to split a pool");

export const expectedReading = z.strictObject({
  dataset: datasetSchema,
  source: z.string().min(1),
  scope: z.string().min(1),
  meter: z.string().min(1).optional().describe("For usage: the meter that the reading measures"),
});
/** A reading that must be there before a day is complete. */
export type ExpectedReading = z.infer<typeof expectedReading>;

/** The `allocation` section of `apportion.yaml`. */
export const allocationConfig = z.strictObject({
  policies: z
    .array(
      z.strictObject({
        pool: z
          .string()
          .min(1)
          .describe("Id of a shared service, or `system` for the system namespaces of every cluster"),
        methods: z
          .array(method)
          .min(1)
          .max(5)
          .describe(
            "Tried in this order: the first that has something to go by splits the pool, and is named on its lines",
          ),
      }),
    )
    .default([])
    .describe(
      "How pools are split; a pool that is not named follows direct cost, and is even where there is none",
    ),
  expectedReadings: z
    .array(expectedReading)
    .default([])
    .describe("Readings that make a day complete, beyond those of the collectors configured in this file"),
  sanity: z
    .strictObject({
      jumpFactor: z
        .int()
        .min(0)
        .max(1_000)
        .default(10)
        .describe(
          "A day of a scope that costs more than so many times the most of the 7 days before is quarantined; 0 never",
        ),
      jumpFloor: amountSchema
        .default("1000.00")
        .describe("A day that costs no more than this may do what it likes, in the deployment's currency"),
    })
    .prefault({})
    .describe("When a reading is too strange to be charged unseen"),
});
export type AllocationConfig = z.infer<typeof allocationConfig>;

type Problem = { readonly path: readonly (string | number)[]; readonly message: string };

/** Policies for pools that do not exist, or two for one pool. `meters` are those that the usage collectors provide. */
export function checkAllocation(
  config: AllocationConfig,
  sharedServiceIds: readonly string[],
  meters: readonly string[],
): Problem[] {
  const pools = ["system", ...sharedServiceIds];
  return config.policies.flatMap((policy: PoolPolicy, index) => {
    const path = ["allocation", "policies", index] as const;
    const first = config.policies.findIndex((other) => other.pool === policy.pool);
    return [
      ...(pools.includes(policy.pool)
        ? []
        : [
            {
              path: [...path, "pool"],
              message: `there is no shared service "${policy.pool}"; there are ${pools.join(", ")}`,
            },
          ]),
      ...(first < index
        ? [{ path: [...path, "pool"], message: `"${policy.pool}" has a policy already` }]
        : []),
      ...policy.methods.flatMap((candidate, at) =>
        candidate.kind === "usage" && !meters.includes(candidate.meter)
          ? [
              {
                path: [...path, "methods", at, "meter"],
                message: `no collector measures "${candidate.meter}"; there are ${meters.join(", ") || "none"}`,
              },
            ]
          : [],
      ),
    ];
  });
}
