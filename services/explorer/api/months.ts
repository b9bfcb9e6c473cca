import { z } from "@hono/zod-openapi";
import { readMonths } from "@apportion/books/months/read-months";
import { seesTeam } from "@apportion/books/viewer";
import { formatPicos } from "@apportion/domain/money";
import type { Viewer } from "@apportion/books/viewer";
import type { Identity } from "../server/identity.js";
import { SIGN_OUT_PATH } from "../server/problem.js";
import { answerQuestion, type Answering } from "../server/question.js";
import { currency, dayText, exact, monthText } from "./schemas.js";

export const me = z
  .object({
    name: z.string(),
    by: z.enum(["local", "sign-in", "token"]).describe("How you are known"),
    roles: z.array(z.string()),
    access: z.string().describe("In words: who is let in, and what you see"),
    signOut: z
      .string()
      .optional()
      .describe("Where a form is posted to sign out; absent where nobody signed in"),
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

function accessText(by: Identity["by"], { teams, namesOf }: Viewer): string {
  if (by === "local")
    return "Nobody signs in here: the service answers this machine alone, and who is on it sees everything";
  const names =
    namesOf === "all" ? "" : ", but for names of workloads of protected teams that you do not lead";
  return teams === "all" ? `You see every team${names}` : "You see the teams that you lead";
}

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
      isOfAsker: true,
    },
    async (_, { name, by, roles, viewer }) => ({
      name,
      by,
      roles: [...roles],
      access: accessText(by, viewer),
      ...(by === "sign-in" && { signOut: SIGN_OUT_PATH }),
      teams: viewer.teams === "all" ? ("all" as const) : [...viewer.teams],
      currency: ofDeployment,
      today: clock().toISOString().slice(0, 10),
      teamNames: registry.teams
        .filter(({ id }) => seesTeam(viewer, id))
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
