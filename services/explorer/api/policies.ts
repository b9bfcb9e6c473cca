import { z } from "@hono/zod-openapi";
import { dailyMeters, type Policies, policyOf } from "@apportion/allocation/policy";
import { rulesOn } from "@apportion/allocation/rules-of-day";
import { requireAllocated } from "@apportion/books/months/allocated";
import { readUnits } from "@apportion/books/months/read-month";
import { recordedRules } from "@apportion/books/runs/rules";
import {
  movedPools,
  readMonthToSimulate,
  simulateMonth,
  type TeamDifference,
} from "@apportion/books/simulate/simulate";
import { seenMethods, seenPolicy } from "@apportion/books/policies/seen";
import { sees, seesTeam } from "@apportion/books/viewer";
import { categoryName } from "@apportion/domain/category";
import { decimalOfCents } from "@apportion/domain/cents";
import { NAMED_POOLS } from "@apportion/domain/pool-id";
import { lineName } from "@apportion/domain/wording";
import { dayOf, firstDayOf, nextBillingPeriod } from "@apportion/domain/period";
import { allocationConfig, policiesOf } from "@apportion/registry/allocation";
import { parsePolicies } from "@apportion/registry/policy-file";
import { methodsText } from "@apportion/reports/policies/words";
import { QuestionError } from "@apportion/books/costs/question";
import { answerQuestion, type Answering } from "../server/question.js";
import { amount, currency, day, dayText, month, monthText } from "./schemas.js";

const POLICY_CHARACTERS_MAX = 200_000;
/** The month that somebody plays with. */
const SIMULATED_MONTHS_MAX = 1;

export const policies = z
  .object({
    day: z.string().describe("On which they hold"),
    pools: z.array(
      z.object({
        pool: z.string(),
        name: z.string(),
        words: z.string().describe("How its cost is split"),
        version: z.string().describe("`default` where no policy names it"),
        exempt: z.array(z.string()),
        caps: z.record(z.string(), z.string()),
        minimums: z.record(z.string(), z.string()),
      }),
    ),
    betweenServices: z.string(),
    schema: z.looseObject({}).describe("JSON Schema of what can be written of policies"),
  })
  .openapi("Policies");

const pair = z.object({ now: amount, simulated: amount, difference: amount });
export const simulation = z
  .object({
    currency,
    month: monthText,
    days: z.int(),
    replaced: z.array(
      z.object({
        of: z.string(),
        before: z.array(z.string()),
        after: z.array(z.string()),
        from: dayText
          .optional()
          .describe(
            "Since when what is given holds, where that is after the month: then nothing is replaced",
          ),
      }),
    ),
    teams: z.array(pair.extend({ team: z.string() })).describe("The largest change first; those you see"),
    idle: pair.optional(),
    corporate: pair.optional(),
    unallocated: pair.optional(),
    total: pair.optional(),
    moved: z
      .array(
        z.object({
          category: z.string(),
          pool: z.string().describe("Empty for what is no share of a pool"),
          name: z.string().describe("In people's words"),
          more: amount.describe("What some of those you see pay more of it"),
          less: amount.describe("What others pay less"),
        }),
      )
      .describe(
        "What comes out otherwise, what moves most first: also pools that nobody gave a policy for, where their shares follow what else is paid",
      ),
  })
  .openapi("Simulation");

function pairOf({ now, simulated }: Omit<TeamDifference, "team">): z.input<typeof pair> {
  return {
    now: decimalOfCents(now),
    simulated: decimalOfCents(simulated),
    difference: decimalOfCents(simulated - now),
  };
}

export function answerPolicies(answering: Answering): void {
  const { clickhouse, registry, clock, currency: ofDeployment } = answering.deps;
  const monthToSimulate = answering.remembered.ofMonth(
    (period, given: Policies) => readMonthToSimulate(clickhouse, period, given),
    SIMULATED_MONTHS_MAX,
    dailyMeters,
  );
  answerQuestion(
    answering,
    {
      path: "/api/v1/policies",
      summary: "By which rules shared cost is split today, in words",
      asked: z.object({}),
      answer: policies,
      isOfToday: true,
    },
    async (_, { viewer }) => {
      const today = dayOf(clock());
      const { policies: ofDay } = rulesOn(await recordedRules(clickhouse), today);
      const names = new Map(registry.sharedServices.map(({ id, name }) => [id, name]));
      const pools = [...new Set([...names.keys(), ...ofDay.pools.map(({ pool }) => pool), ...NAMED_POOLS])];
      return {
        day: today,
        pools: pools.map((pool) => {
          const { methods, version, exempt, caps, minimums } = seenPolicy(policyOf(ofDay, pool), viewer);
          return {
            pool,
            name: names.get(pool) ?? NAMES[pool] ?? pool,
            words: methodsText(methods),
            version,
            exempt: [...exempt],
            caps: { ...caps },
            minimums: { ...minimums },
          };
        }),
        betweenServices: ofDay.betweenServices.method,
        schema: z.toJSONSchema(
          z.object({
            policies: allocationConfig.shape.policies,
            betweenServices: allocationConfig.shape.betweenServices,
          }),
          { io: "input", unrepresentable: "any" },
        ) as Record<string, unknown>,
      };
    },
  );
  answerQuestion(
    answering,
    {
      path: "/api/v1/simulations",
      method: "post",
      summary: "What each team would have paid in a month under other policies; nothing is written",
      asked: z.object({
        month,
        from: day.optional().openapi({ description: "First day on which they hold" }),
        policies: z.string().max(POLICY_CHARACTERS_MAX).openapi({
          description: "YAML with `policies` and `betweenServices`, as in the section allocation",
          example: "policies:\n  - pool: mlflow\n    methods: [{ kind: even }]\n",
        }),
      }),
      answer: simulation,
      until: ({ month: period }) => period,
    },
    async ({ month: period, from, policies: text }, { viewer }) => {
      if (from !== undefined && from >= firstDayOf(nextBillingPeriod(period)))
        throw new QuestionError(
          `from: ${from} is after ${period}, so nothing of that month would be other than it is`,
        );
      await requireAllocated(clickhouse, period);
      const meters = [...(await readUnits(clickhouse, period)).keys()];
      const known = {
        // Who sees some teams alone cannot try what others would pay, nor find out who they are.
        teams: registry.teams
          .filter(({ id: teamId }) => sees(viewer, { ownerKind: "team", teamId }))
          .map(({ id, from: since, to }) => ({
            id,
            ...(since && { from: since }),
            ...(to && { to }),
          })),
        sharedServices: registry.sharedServices.map(({ id }) => id),
        meters,
      };
      const given = policiesOf(parsePolicies({ file: "policies", text, env: {} }, known));
      const read = await monthToSimulate(period, given);
      const { days, replaced, teams, idle, corporate, unallocated, total, moved } = simulateMonth(read, {
        policies: given,
        from,
      });
      const isAll = viewer.teams === "all";
      return {
        currency: ofDeployment,
        month: period,
        days,
        replaced: replaced.map(({ before, after, ...rest }) => ({
          ...rest,
          before: before.map((methods) => methodsText(seenMethods(methods, viewer))),
          after: after.map((methods) => methodsText(seenMethods(methods, viewer))),
        })),
        teams: teams
          .filter(({ team }) => seesTeam(viewer, team))
          .map(({ team, ...each }) => ({ team, ...pairOf(each) })),
        ...(isAll && {
          idle: pairOf(idle),
          corporate: pairOf(corporate),
          unallocated: pairOf(unallocated),
          total: pairOf(total),
        }),
        moved: movedPools(moved.filter((line) => sees(viewer, line))).map(
          ({ more, less, category, pool }) => ({
            category,
            pool,
            name: lineName({ category, pool }, registry),
            more: decimalOfCents(more),
            less: decimalOfCents(less),
          }),
        ),
      };
    },
  );
}

/** Of pools that every deployment has. */
const NAMES: Readonly<Record<string, string>> = {
  system: "Kubernetes system services, of each cluster",
  idle: `${categoryName("idle")}, of each cluster`,
  unallocated: categoryName("unallocated"),
  corporate: categoryName("corporate"),
  "unused-commitment": categoryName("unused-commitment"),
};
