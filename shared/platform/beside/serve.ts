import path from "node:path";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { answerLog, isLogQuestion } from "@apportion/event-log/served/serve-log";
import { QUESTION_BYTES_MAX } from "@apportion/event-log/served/wire";
import { Secret } from "@apportion/runtime/secret";
import type { ClickHouseAccess } from "../access.js";
import type { Platform } from "../platform.js";
import { type About, BESIDE_PATH } from "./about.js";
import type { Beside } from "./beside.js";
import { announceRunning, withdrawRunning } from "./credential.js";

interface BesideOptions {
  readonly dataDir: string;
  readonly version: string;
  readonly config: About["config"];
  readonly holds: { readonly log: boolean; readonly engine: boolean };
}

type Served = Pick<Platform, "log" | "process" | "servicesAccess" | "analystAccess" | "logger">;

const TOKEN_BYTES = 32;

/** A token for each start: what lies in the folder of a process that was killed opens nothing. */
export function serveBeside(platform: Served, { dataDir, version, config, holds }: BesideOptions): Beside {
  const token = new Secret(randomBytes(TOKEN_BYTES).toString("base64url"));
  const about = async (): Promise<About> => ({
    version,
    processId: platform.process.id,
    config,
    log: holds.log,
    ...(holds.engine && { engine: await engineOf(platform) }),
  });
  return {
    dataDir: path.resolve(dataDir),
    async answer(request) {
      const refusal = refusalOf(request, token);
      if (refusal) return refusal;
      const name = new URL(request.url).pathname.slice(`${BESIDE_PATH}/`.length);
      try {
        if (name === "about") return Response.json(await about());
        if (!holds.log || !isLogQuestion(name)) return problem(404, "There is no such question");
        return await answerLog(platform.log, name, await request.json());
      } catch (error) {
        if (error instanceof z.ZodError || error instanceof SyntaxError)
          return problem(400, "The question is not understood: both sides must be of one version");
        platform.logger.error({ err: error, question: name }, "a command beside could not be answered");
        return problem(500, (error as Error).message);
      }
    },
    announce: (url) => announceRunning(dataDir, { pid: process.pid, url, token }),
    withdraw: () => withdrawRunning(dataDir),
  };
}

async function engineOf({ servicesAccess, analystAccess }: Served): Promise<About["engine"]> {
  const services = await servicesAccess();
  const analyst = (await analystAccess()) ?? services;
  return { services: shown(services), analyst: shown(analyst) };
}

function shown({ url, database, username, password }: ClickHouseAccess): {
  readonly url: string;
  readonly database: string;
  readonly username: string;
  readonly password: string;
} {
  return { url, database, username, password: password.reveal() };
}

const LOOPBACK = /^(127\.0\.0\.1|\[::1\]):\d{1,5}$/;
/** Headers that browsers send and no command does. A page has no token; it is not to find out either whether something answers. */
const OF_BROWSERS = ["origin", "cookie", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"];

function refusalOf({ headers, method }: Request, token: Secret): Response | undefined {
  if (!LOOPBACK.test(headers.get("host") ?? ""))
    return problem(421, "This is answered on this machine alone");
  if (OF_BROWSERS.some((name) => headers.has(name)))
    return problem(403, "This is answered to commands alone; pages have the API");
  if (!isToken(headers.get("authorization") ?? "", token))
    return problem(401, "The token is not that of this process");
  if (method !== "POST") return problem(405, "Questions are posted");
  const bytes = Number(headers.get("content-length") ?? "NaN");
  if (!(bytes <= QUESTION_BYTES_MAX))
    return problem(413, `A question has at most ${QUESTION_BYTES_MAX} bytes`);
  return undefined;
}

/** Compared as hashes, so that neither a wrong length nor the first wrong character is quicker. */
function isToken(given: string, token: Secret): boolean {
  const hashes = [given, `Bearer ${token.reveal()}`].map((text) =>
    createHash("sha256").update(text).digest(),
  );
  const [one, other] = hashes as [Buffer, Buffer];
  return timingSafeEqual(one, other);
}

function problem(status: number, detail: string): Response {
  return Response.json({ status, detail }, { status, headers: { "cache-control": "no-store" } });
}
