import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { ExplorerApp } from "../server/question.js";
import { type Tool, TOOLS } from "./tools.js";

/** Asks the API in somebody's name: what they may not see there, an assistant does not see either. */
export type AskApi = (
  path: string,
  body?: object,
) => Promise<{ readonly status: number; readonly text: string }>;

/** Asks the API of this process. @param headers that name whoever asks */
export function askApp({ request }: Pick<ExplorerApp, "request">, headers: Headers): AskApi {
  headers.set("content-type", "application/json");
  return async (path, body) => {
    const response = await request(path, {
      headers,
      ...(body && { method: "POST", body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };
}

/** Longest answer that is handed to an assistant: more would not fit into what it can read at once. */
const CHARACTERS_MAX = 200_000;

const INSTRUCTIONS = `What each team owes for a shared machine-learning platform, and why. Amounts are decimal strings in the currency of the answer; never add up rounded ones where a total is given. Days are UTC and ends are not included. Say with every figure its period and whether it is provisional: \`completeness\` of an answer says how far its months are.`;

/** A server of the Model Context Protocol over the API: the same questions and answers, each with how complete its months are. */
export function assistantServer(ask: AskApi, version: string): McpServer {
  const server = new McpServer({ name: "apportion", version }, { instructions: INSTRUCTIONS });
  for (const tool of TOOLS) {
    const { name, title, description, asked } = tool;
    server.registerTool(
      name,
      { title, description, inputSchema: asked, annotations: { readOnlyHint: true, openWorldHint: false } },
      async (given: Record<string, unknown>) => answerTool(ask, tool, given),
    );
  }
  return server;
}

async function answerTool(
  ask: AskApi,
  tool: Tool,
  given: Readonly<Record<string, unknown>>,
): Promise<CallToolResult> {
  const { path, body } = tool.request(given);
  const { status, text } = await ask(path, body);
  if (status !== 200) return failed(detailOf(text) ?? `The API answered ${status}`);
  const completeness = await completenessOf(ask, given);
  const answer = { ...(JSON.parse(text) as Record<string, unknown>), ...completeness };
  const said = JSON.stringify(answer);
  if (said.length > CHARACTERS_MAX)
    return failed(
      `The answer has ${said.length} characters, more than ${CHARACTERS_MAX}: ask about one team, group by less, or filter`,
    );
  return { content: [{ type: "text", text: said }], structuredContent: answer };
}

function failed(text: string): CallToolResult {
  return { content: [{ type: "text", text }], isError: true };
}

function detailOf(text: string): string | undefined {
  try {
    const { detail } = JSON.parse(text) as { readonly detail?: unknown };
    return typeof detail === "string" ? detail : undefined;
  } catch {
    return undefined;
  }
}

interface MonthState {
  readonly month: string;
}

/** Of the months that were asked about, or of all: open or closed, and to which day. */
async function completenessOf(
  ask: AskApi,
  given: Readonly<Record<string, unknown>>,
): Promise<{ readonly months?: readonly MonthState[] }> {
  const { status, text } = await ask("/api/v1/months");
  if (status !== 200) return {};
  const { months } = JSON.parse(text) as { readonly months: readonly MonthState[] };
  const asked = ["month", "before", "after"].flatMap((name) => given[name] ?? []);
  const [from, to] = [given["from"], given["to"]].map((day) => (typeof day === "string" ? day : undefined));
  return {
    months: months.filter(({ month }) =>
      asked.length > 0
        ? asked.includes(month)
        : // The day on which days end is not asked about any more.
          (from === undefined || month >= from.slice(0, 7)) && (to === undefined || `${month}-01` < to),
    ),
  };
}
