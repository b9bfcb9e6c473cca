import { Agent, request, type IncomingMessage } from "node:http";
import { z } from "zod";
import { remoteLog } from "@apportion/event-log/served/remote-log";
import { foreignText } from "@apportion/runtime/foreign-text";
import { Secret } from "@apportion/runtime/secret";
import type { ClickHouseAccess } from "../access.js";
import { aboutSchema, BESIDE_PATH, type About } from "./about.js";
import type { RunningProcess } from "./beside.js";
import { announcedRunning, type Credential } from "./credential.js";

/** Why the process that works on the folder cannot be asked; whoever needs the folder finds it locked. */
export class CannotAskError extends Error {
  override readonly name = "CannotAskError";
}

/** Longest time until an answer begins, in milliseconds: the process may be in the middle of a large month. */
const ANSWER_MAX_MS = 60_000;
/** Largest answer that is no stream. */
const ABOUT_BYTES_MAX = 32 * 1024 * 1024;

/** @throws CannotAskError where one works on the folder, says so, and does not answer as it should */
export async function findRunning(dataDir: string, version: string): Promise<RunningProcess | undefined> {
  const credential = announcedRunning(dataDir);
  if (!credential) return undefined;
  const agent = new Agent({ keepAlive: false });
  const ask = async (name: string, asked: unknown): Promise<IncomingMessage> =>
    post(agent, credential, name, asked);
  const about = await readAbout(await ask("about", null), credential);
  if (about.version !== version)
    throw new CannotAskError(
      `process ${credential.pid} runs version ${about.version}, and this is ${version}: start it again with this one`,
    );
  return {
    pid: credential.pid,
    id: about.processId,
    config: about.config,
    log: about.log ? remoteLog(ask) : undefined,
    engine: about.engine && {
      services: withSecret(about.engine.services),
      analyst: withSecret(about.engine.analyst),
    },
    hasEnded: () => announcedRunning(dataDir)?.token.reveal() !== credential.token.reveal(),
  };
}

async function readAbout(answer: IncomingMessage, { pid, url }: Credential): Promise<About> {
  try {
    return aboutSchema.parse(JSON.parse(await textOf(answer)));
  } catch (error) {
    throw new CannotAskError(`process ${pid} does not answer at ${url} as this version expects`, {
      cause: error,
    });
  }
}

/** @throws CannotAskError */
async function post(
  agent: Agent,
  { pid, url, token }: Credential,
  name: string,
  asked: unknown,
): Promise<IncomingMessage> {
  const body = Buffer.from(JSON.stringify(asked));
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(
      new URL(`${BESIDE_PATH}/${name}`, url),
      {
        agent,
        method: "POST",
        timeout: ANSWER_MAX_MS,
        headers: {
          authorization: `Bearer ${token.reveal()}`,
          "content-type": "application/json",
          "content-length": body.length,
        },
      },
      (begun) => {
        sent.setTimeout(0); // from here on the pace is that of who reads
        resolve(begun);
      },
    );
    sent.on("timeout", () => sent.destroy(new Error(`no answer within ${ANSWER_MAX_MS / 1000} s`)));
    sent.on("error", reject);
    sent.end(body);
  }).catch((error: unknown) => {
    const why = foreignText((error as Error).message);
    throw new CannotAskError(`process ${pid} does not answer at ${url}: ${why}`, { cause: error });
  });
  if (answer.statusCode === 200) return answer;
  const detail = problemSchema.safeParse(
    await textOf(answer)
      .then(JSON.parse)
      .catch(() => undefined),
  );
  throw new CannotAskError(
    `process ${pid} refuses at ${url} (${answer.statusCode}): ${detail.success ? foreignText(detail.data.detail) : "it is not what this version expects"}`,
  );
}

const problemSchema = z.object({ detail: z.string() });

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ABOUT_BYTES_MAX) throw new Error("the answer is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function withSecret({ password, ...rest }: NonNullable<About["engine"]>["services"]): ClickHouseAccess {
  return { ...rest, password: new Secret(password) };
}
