import { TroubleError, troubleInWords } from "@apportion/runtime/trouble";
import { createClickHouse, type ClickHouse, type ClickHouseOptions } from "./client.js";
import { clickHouseCode } from "./errors.js";

const ANSWER_MAX_MS = 2_500;
/** Codes with which a server refuses who asks. */
const CREDENTIALS_REFUSED = [194, 516];

/**
 * Resolves when the server answers this user within seconds, whether or not the database exists.
 * @throws TroubleError; the client's error is the cause
 */
export async function reachClickHouse(access: ClickHouseOptions): Promise<void> {
  const client = createClickHouse({ ...access, database: "system", requestTimeoutMs: ANSWER_MAX_MS });
  try {
    await answers(client);
  } catch (error) {
    throw new TroubleError(words(error, access.username), { cause: error });
  } finally {
    await client.close();
  }
}

/** `ping` of the client asks nobody who they are. */
async function answers(client: ClickHouse): Promise<void> {
  const answer = await client.query({ query: "SELECT 1", format: "JSONEachRow" });
  await answer.json();
}

function words(error: unknown, username: string): string {
  const code = clickHouseCode(error);
  if (code !== undefined && CREDENTIALS_REFUSED.includes(code))
    return `the credentials of user ${username} were refused (error ${code}): check clickhouse.username and clickhouse.password`;
  const { message } = error as Error;
  if (message === "Timeout error.") return "it takes the connection, but does not answer";
  return code === undefined ? troubleInWords(error) : `error ${code}: ${message}`;
}
