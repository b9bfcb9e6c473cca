import { z } from "@hono/zod-openapi";
import { readMonths } from "@apportion/books/months/read-months";
import { formatPicos } from "@apportion/domain/money";
import { answerQuestion, type Answering } from "../server/question.js";
import { currency, dayText, exact, monthText } from "./schemas.js";

export const me = z
  .object({
    name: z.string(),
    by: z.enum(["local", "sign-in", "token"]).describe("How you are known"),
    roles: z.array(z.string()),
    teams: z.union([z.literal("all"), z.array(z.string())]).describe("Whose costs you see"),
    currency,
    today: dayText,
    teamNames: z.array(z.object({ id: z.string(), name: z.string() })).describe("The teams you see"),
  })
  .openapi("Me");

export const knownMonth = z
  .object({
    month: monthText,
    state: z.enum(["open", "closed"]),
    days: z.int().describe("Days that are allocated"),
    lastDay: dayText,
    incompleteDays: z.int().describe("Days of which an expected reading is missing"),
    allocated: exact.optional().describe("Of everybody; absent for who does not see everybody"),
    preparedBy: z.string(),
    approvedBy: z.string(),
  })
  .openapi("Month");

export function answerMonths(answering: Answering): void {
  const { clickhouse, registry, clock, currency: ofDeployment } = answering.deps;
  answerQuestion(
    answering,
    {
      path: "/api/v1/me",
      summary: "Who asks, and what they may see",
      asked: z.object({}),
      answer: me,
      isOfToday: true,
    },
    async (_, { name, by, roles, viewer }) => ({
      name,
      by,
      roles: [...roles],
      teams: viewer.teams === "all" ? ("all" as const) : [...viewer.teams],
      currency: ofDeployment,
      today: clock().toISOString().slice(0, 10),
      teamNames: registry.teams
        .filter(({ id }) => viewer.teams === "all" || viewer.teams.includes(id))
        .map(({ id, name: named }) => ({ id, name: named })),
    }),
  );
  answerQuestion(
    answering,
    {
      path: "/api/v1/months",
      summary: "The months of which something is allocated: open or closed, and how far they are",
      asked: z.object({}),
      answer: z.object({ currency, months: z.array(knownMonth) }),
    },
    async (_, { viewer }) => ({
      currency: ofDeployment,
      months: (await readMonths(clickhouse)).map(({ isClosed, allocated, ...rest }) => ({
        ...rest,
        state: isClosed ? ("closed" as const) : ("open" as const),
        ...(viewer.teams === "all" && { allocated: formatPicos(allocated) }),
      })),
    }),
  );
}
