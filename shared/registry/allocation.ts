import { z } from "zod";
import type { Policies } from "@apportion/allocation/policy";
import { DEFAULT_WINDOW } from "@apportion/allocation/usage-window";
import { CATEGORIES, DIRECT_CATEGORIES } from "@apportion/domain/category";
import { DATASETS } from "@apportion/domain/facts";
import type { BillingPeriod, Day } from "@apportion/domain/period";
import type { EffectiveDates } from "@apportion/domain/tenancy";
import { BESIDE_MISTAKES } from "@apportion/runtime/config-rules";
import { isPrintable, PRINTABLE_NAME } from "@apportion/runtime/printable";
import { amountSchema } from "./fields.js";

const percent = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^\d{1,3}(\.\d{1,6})?$/, "a percentage such as 12.5, with at most six places"));
const share = z.record(z.string().min(1), percent);
const category = z.string().refine((text) => CATEGORIES.some((each) => each === text), {
  error: ({ input }) => `there is no category "${String(input)}"; there are ${CATEGORIES.join(", ")}`,
});

const method = z
  .discriminatedUnion("kind", [
    z
      .strictObject({
        kind: z.literal("usage").describe("By measured usage"),
        meter: z.string().min(1).optional().describe("Name of the meter, e.g. mlflow.runs"),
        meters: z
          .array(z.strictObject({ meter: z.string().min(1), percent }))
          .min(1)
          .max(10)
          .optional()
          .describe("Several meters, each with the percentage of the pool that follows it"),
        window: z
          .enum(["billing-month", "day"])
          .default(DEFAULT_WINDOW)
          .describe(
            "Whose use counts for the cost of a day: that of the billing month so far, or of the day alone",
          ),
      })
      .refine(({ meter, meters }) => (meter === undefined) !== (meters === undefined), {
        ...BESIDE_MISTAKES,
        error: "name either `meter` or `meters`",
      })
      .transform(({ meter, meters, window }) => ({
        kind: "usage" as const,
        meters: meters ?? [{ meter: meter ?? "", percent: "100" }],
        // The default is left out: a policy has the same version whether it is written down or not.
        ...(window !== DEFAULT_WINDOW && { window }),
      })),
    z.strictObject({
      kind: z.literal("proportional").describe("By the teams' cost of the day"),
      to: z
        .enum(["direct", "total", ...DIRECT_CATEGORIES])
        .default("direct")
        .describe(
          "Their direct cost, all that they pay so far (shared cost included), or one category of direct cost",
        ),
    }),
    z.strictObject({ kind: z.literal("even").describe("The same for every team") }),
    z.strictObject({
      kind: z.literal("fixed").describe("By percentages that add up to 100"),
      teams: share.default({}).describe("Percentage of each team"),
      services: share
        .default({})
        .describe("Percentage of other shared services; see `betweenServices` for what becomes of it"),
    }),
    z.strictObject({
      kind: z
        .literal("keep")
        .describe(
          "Not split: idle capacity, unused commitments, unallocated or corporate cost stays what it is",
        ),
    }),
  ])
  .describe("One way to split a pool");

const account = z.string().min(1).max(100).refine(isPrintable, PRINTABLE_NAME);
const costCenter = z.string().max(100).refine(isPrintable, PRINTABLE_NAME).default("");
const code = z.string().max(50).refine(isPrintable, PRINTABLE_NAME).default("");
const day = z.iso.date("a day such as 2026-11-22").transform((text) => text as Day);
const effective = {
  from: day.optional().describe("First day on which this holds"),
  to: day.optional().describe("First day on which this no longer holds; another must follow"),
};

export const expectedReading = z.strictObject({
  dataset: z.enum(DATASETS),
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
          .describe(
            "Id of a shared service; `system` or `idle` for the system namespaces or the idle capacity of every cluster; `unallocated` for what nobody owns; `unused-commitment` for what nobody used of savings plans and reservations; `corporate` for tax, support, credits and fees",
          ),
        ...effective,
        methods: z
          .array(method)
          .min(1)
          .max(5)
          .describe(
            "Tried in this order: the first that has something to go by splits the pool, and is named on its lines",
          ),
        exempt: z.array(z.string().min(1)).default([]).describe("Teams that pay nothing of the pool"),
        caps: z
          .record(z.string().min(1), amountSchema)
          .default({})
          .describe(
            "What a team pays of the pool in a month at most; the others pay the rest. Applied on the month's last day",
          ),
        minimums: z
          .record(z.string().min(1), amountSchema)
          .default({})
          .describe(
            "What a team pays of the pool in a month at least; the others are spared it. Applied on the month's last day",
          ),
      }),
    )
    .default([])
    .describe(
      "How pools are split. Without one, shared services and system namespaces follow direct cost, and are even where there is none; idle capacity, unused commitments, unallocated and corporate cost are kept apart",
    ),
  betweenServices: z
    .array(
      z.strictObject({
        ...effective,
        method: z
          .enum(["direct", "step-down", "reciprocal"])
          .describe(
            "direct: what services use of each other is left out; step-down: one after the other is closed and charges the later ones; reciprocal: all charge each other at once",
          ),
        order: z
          .array(z.string().min(1))
          .default([])
          .describe("For step-down: which services close first; the others follow by id"),
      }),
    )
    .default([])
    .describe("What becomes of the usage that shared services make of each other; by default direct"),
  expectedReadings: z
    .array(expectedReading)
    .default([])
    .describe("Readings that make a day complete, beyond those of the collectors configured in this file"),
  close: z
    .strictObject({
      settleDay: z
        .int()
        .min(1)
        .max(28)
        .default(7)
        .describe(
          "Day of the next month up to which a month cannot be closed, because its sources still restate it",
        ),
      agreedHours: z
        .int()
        .min(0)
        .max(24 * 30)
        .default(48)
        .describe(
          "Hours that two readings of the bill must lie apart that say the same before a month is closed; 0: one reading is enough",
        ),
      firstMonth: z
        .string()
        .regex(/^\d{4}-(0[1-9]|1[0-2])$/, "a month such as 2026-11")
        .transform((text) => text as BillingPeriod)
        .optional()
        .describe(
          "Month with which the books begin; by default the first of which cost was collected. Months before it are never closed",
        ),
      accuracyPercentMin: percent
        .refine((text) => Number(text) <= 100, "at most 100: no more than the whole bill can be attributed")
        .default("95")
        .describe("Percent of the bill that must be attributed for a close without a recorded reason"),
      rateVariancePercentMax: percent
        .default("50")
        .describe(
          "By how many percent of Kubecost's list price the bill of Kubernetes may differ from it, day by day, for a close without a recorded reason",
        ),
      adjustmentExpiresDays: z
        .int()
        .min(1)
        .max(365)
        .default(14)
        .describe(
          "Days after which an adjustment or decision that was proposed can no longer be approved (`adjust`)",
        ),
    })
    .prefault({})
    .describe("When a month may be closed"),
  invoiceIssuer: z
    .string()
    .min(1)
    .max(100)
    .refine(isPrintable, PRINTABLE_NAME)
    .optional()
    .describe(
      "Who invoices the teams within the company, for FOCUS: with it BilledCost has what they are charged and InvoiceId the number of their invoice; without it nobody bills anything",
    ),
  chartOfAccounts: z
    .strictObject({
      template: z
        .string()
        .min(1)
        .default("csv")
        .describe(
          "How `export gl` and `export accrual` write: csv, sap, netsuite, xero, dynamics, or the path of a YAML file with a template of your own",
        ),
      companyCode: code.describe("Company code, subsidiary: as the ledger names your company"),
      documentType: code
        .default("SA")
        .describe("Type of document: SAP's journal entry type, the journal name of Dynamics"),
      postingDate: z
        .enum(["period-end", "close"])
        .default("period-end")
        .describe(
          "Posting date of documents: the last day of the month into which a journal is posted, or the day on which it was; the document date is always that day",
        ),
      costCenters: z
        .strictObject({
          idle: costCenter.describe("Of idle capacity that is kept apart"),
          corporate: costCenter.describe("Of tax, support, credits and unused commitments"),
          unallocated: costCenter.describe("Of what nobody owns"),
          clearing: costCenter.describe("Of what is credited"),
        })
        .prefault({})
        .describe("Cost centers of entries that are no team's; empty where they have none"),
      charges: account.default("platform-charges").describe("Debited for what teams are charged"),
      byCategory: z
        .record(category, account)
        .default({})
        .describe("Another account for a category: cpu, gpu, object-storage, shared …"),
      idle: account.default("platform-idle").describe("Debited for idle capacity that is kept apart"),
      corporate: account
        .default("corporate")
        .describe("Debited for tax, support, credits and unused commitments that are kept apart"),
      unallocated: account.default("unallocated").describe("Debited for what nobody owns"),
      clearing: account.default("cloud-clearing").describe("Credited with all of it"),
      accrued: account
        .optional()
        .describe("Credited by an accrual, such as accrued liabilities; by default what a statement credits"),
      bySource: z
        .record(z.string().min(1), account)
        .default({})
        .describe("Another account for a source: kubecost, s3, network, aws-bill, rate-variance"),
    })
    .prefault({})
    .describe("Accounts of finance's books, for `export gl`, `export accrual` and `export hledger`"),
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
      usageJumpFactor: z
        .int()
        .min(0)
        .max(1_000_000)
        .default(1_000)
        .describe(
          "A day of a meter that measures more than so many times the most of the 7 days before is quarantined; 0 never",
        ),
      costPerDayMax: amountSchema
        .default("10000000.00")
        .describe(
          "A day of a scope that costs more, or is credited more, is quarantined: also of the bill, whose monthly fees jump by nature",
        ),
    })
    .prefault({})
    .describe("When a reading is too strange to be charged unseen"),
});
export type AllocationConfig = z.infer<typeof allocationConfig>;

export function policiesOf({
  policies,
  betweenServices,
}: Pick<AllocationConfig, "policies" | "betweenServices">): Policies {
  return {
    pools: policies.map((policy) => ({
      pool: policy.pool,
      methods: policy.methods,
      exempt: policy.exempt,
      caps: policy.caps,
      minimums: policy.minimums,
      ...dates(policy),
    })),
    betweenServices: betweenServices.map((each) => ({
      method: each.method,
      order: each.order,
      ...dates(each),
    })),
  };
}

function dates({ from, to }: { from?: Day | undefined; to?: Day | undefined }): EffectiveDates {
  return { ...(from && { from }), ...(to && { to }) };
}
