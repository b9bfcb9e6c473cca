import { cpSync, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OpenAPIHono } from "@hono/zod-openapi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openEmbeddedLog } from "@apportion/event-log/embedded/log";
import {
  MESSAGE_BYTES_MAX,
  type EventLog,
  type LogMessage,
  type ReceivedMessage,
} from "@apportion/event-log/log";
import { announcedRunning, announceRunning } from "@apportion/platform/beside/credential";
import { findRunning } from "@apportion/platform/beside/find-running";
import { serveBeside } from "@apportion/platform/beside/serve";
import type { Beside, RunningProcess } from "@apportion/platform/beside/beside";
import type { Logger } from "@apportion/runtime/logger";
import { Secret } from "@apportion/runtime/secret";
import { listen } from "./listen.js";
import type { Variables } from "./question.js";

const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => quiet,
};
const VERSION = "1.2.3";
const CONFIG = { file: "/etc/apportion.yaml", text: "teams: []" };

let dataDir: string;
let log: EventLog;
let beside: Beside;
let server: Awaited<ReturnType<typeof listen>>;
let remote: EventLog;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "apportion-beside-"));
  log = openEmbeddedLog({ dir: join(dataDir, "event-log"), logger: quiet });
  const served = {
    log,
    logger: quiet,
    process: { id: "the-process", alone: true },
    servicesAccess: () => Promise.reject(new Error("there is no engine")),
    analystAccess: async () => undefined,
  };
  const options = { dataDir, version: VERSION, config: CONFIG, holds: { log: true, engine: false } };
  beside = serveBeside(served, options);
  const app = new OpenAPIHono<{ Variables: Variables }>();
  app.all("/beside/*", (c) => beside.answer(c.req.raw));
  server = await listen(app, { host: "127.0.0.1", port: 0 });
  beside.announce(server.url);
  remote = (await running()).log as EventLog;
});
afterAll(async () => {
  await server.close();
  await log.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function running(): Promise<RunningProcess> {
  const found = await findRunning(dataDir, VERSION);
  if (!found) throw new Error("nobody was found");
  return found;
}

async function all(messages: AsyncIterable<ReceivedMessage>): Promise<ReceivedMessage[]> {
  const read: ReceivedMessage[] = [];
  for await (const message of messages) read.push(message);
  return read;
}

/** As some client asks: with the right token, but for what the test changes. */
function asked(
  headers: Readonly<Record<string, string>>,
  { path = "/beside/about", method = "POST", body = "null" } = {},
): Promise<number> {
  const token = announcedRunning(dataDir)?.token.reveal() ?? "";
  const sentHeaders = { authorization: `Bearer ${token}`, "content-length": String(body.length), ...headers };
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, server.url),
      { method, headers: sentHeaders, agent: false },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

describe("the log of another process", () => {
  const message = (key: string, value: Uint8Array | string): LogMessage => ({
    topic: "readings",
    key,
    headers: { ce_type: "a line\u2028and\nanother" },
    value: typeof value === "string" ? Buffer.from(value) : value,
  });

  it("takes messages in order and gives them back as they were, bytes that are no text too", async () => {
    await log.ensureTopics([{ name: "readings", partitions: 1, cleanup: "delete" }]);
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    await remote.publish([message("a", bytes), message("b\u2028", "second")]);
    const here = await all(log.replay("readings"));
    const there = await all(remote.replay("readings"));
    expect(there.map(({ key, headers, position }) => ({ key, headers, position }))).toEqual(
      here.map(({ key, headers, position }) => ({ key, headers, position })),
    );
    expect(there.map(({ value }) => Buffer.from(value).toString("hex"))).toEqual([
      Buffer.from(bytes).toString("hex"),
      Buffer.from("second").toString("hex"),
    ]);
    const [, second] = here;
    if (!second) throw new Error("it has no second message");
    expect((await remote.read(second.position))?.key).toBe("b\u2028");
    expect(await remote.read({ ...second.position, offset: "99" })).toBeUndefined();
    expect(await all(remote.replay("readings", { partition: 0, from: "1" }))).toHaveLength(1);
  });

  it("says how far groups are, as the log does", async () => {
    expect(await remote.lag("group", ["readings"])).toBe(await log.lag("group", ["readings"]));
    expect(await remote.committed("group", ["readings"])).toEqual(await log.committed("group", ["readings"]));
    expect(await remote.ends("readings")).toEqual(await log.ends("readings"));
    await remote.ping();
  });

  it("takes more at once than one question holds, and refuses what no log takes before it sends any", async () => {
    await log.ensureTopics([{ name: "large", partitions: 1, cleanup: "delete" }]);
    const large = (at: number): LogMessage => ({
      ...message(String(at), Buffer.alloc(MESSAGE_BYTES_MAX - 1_000, at)),
      topic: "large",
    });
    await remote.publish(Array.from({ length: 30 }, (_, at) => large(at)));
    const keys = (await all(remote.replay("large"))).map(({ key }) => key);
    expect(keys).toEqual(Array.from({ length: 30 }, (_, at) => String(at)));
    const tooLarge = { ...large(1), value: Buffer.alloc(MESSAGE_BYTES_MAX + 1) };
    await expect(remote.publish([large(0), tooLarge])).rejects.toThrow("at most 900000 are allowed");
    expect(await log.ends("large")).toMatchObject([{ offset: "30" }]);
  });

  it("is read by who stops in the middle without being read to its end", async () => {
    for await (const { key } of remote.replay("large")) {
      expect(key).toBe("0");
      break;
    }
    expect(await remote.lag("group", ["large"])).toBe(30); // and answers on
  });
});

describe("a process that ends", () => {
  it("ends the questions that are in hand, so that nobody takes half of the log for all of it", async () => {
    const app = new OpenAPIHono<{ Variables: Variables }>();
    app.all("/beside/*", (c) => beside.answer(c.req.raw));
    const ending = await listen(app, { host: "127.0.0.1", port: 0 });
    beside.announce(ending.url);
    const its = (await running()).log;
    beside.announce(server.url);
    const reading = async (): Promise<void> => {
      for await (const { key } of its?.replay("large") ?? []) if (key === "0") await ending.close();
    };
    await expect(reading()).rejects.toThrow("aborted");
    await expect(its?.ping()).rejects.toThrow(`process ${process.pid} does not answer at ${ending.url}`);
  });
});

describe("the process that works on a folder", () => {
  it("is found by a credential that only its user may read, and says by which configuration it works", async () => {
    expect(statSync(join(dataDir, "running.json")).mode & 0o777).toBe(0o600);
    expect(await running()).toMatchObject({ pid: process.pid, id: "the-process", config: CONFIG });
  });

  it("answers who has its token, and nobody else", async () => {
    expect(await asked({})).toBe(200);
    expect(await asked({ authorization: "Bearer wrong" })).toBe(401);
    expect(await asked({ authorization: "" })).toBe(401);
  });

  it.each([
    [{ origin: "http://127.0.0.1:1" }, 403],
    [{ "sec-fetch-site": "same-origin" }, 403],
    [{ "sec-fetch-mode": "navigate" }, 403],
    [{ cookie: "session=1" }, 403],
    [{ host: "apportion.example:80" }, 421],
    [{ "content-length": "17000000" }, 413],
  ])(
    "refuses a browser, another host and what is too large, with the right token too: %j",
    async (headers, status) => {
      expect(await asked(headers)).toBe(status);
    },
  );

  it("refuses what is no question, and one that is not as it should be", async () => {
    expect(await asked({}, { method: "GET", body: "" })).toBe(405);
    expect(await asked({}, { path: "/beside/close" })).toBe(404);
    expect(await asked({}, { path: "/beside/constructor" })).toBe(404);
    expect(await asked({}, { path: "/beside/lag", body: "[]" })).toBe(400);
    expect(await asked({}, { path: "/beside/lag", body: "{" })).toBe(400);
  });

  it("is not asked by another version", async () => {
    await expect(findRunning(dataDir, "2.0.0")).rejects.toThrow("runs version 1.2.3, and this is 2.0.0");
  });

  it("is not asked with what a killed one left: another process may have its port by now", async () => {
    const pid = 2 ** 22 + 1; // more than there are
    announceRunning(dataDir, { pid, url: server.url, token: new Secret("0123456789abcdef") });
    expect(await findRunning(dataDir, VERSION)).toBeUndefined();
    beside.announce(server.url);
  });

  it("is not asked about a copy of its folder", async () => {
    const copy = mkdtempSync(join(tmpdir(), "apportion-copy-"));
    cpSync(dataDir, copy, { recursive: true });
    expect(await findRunning(copy, VERSION)).toBeUndefined();
    rmSync(copy, { recursive: true });
  });

  it("is not taken for what answers otherwise at its address", async () => {
    const found = await running();
    announceRunning(dataDir, { pid: process.pid, url: server.url, token: new Secret("another, of before") });
    await expect(findRunning(dataDir, VERSION)).rejects.toThrow(
      "(401): The token is not that of this process",
    );
    expect(found.hasEnded()).toBe(true);
    announceRunning(dataDir, {
      pid: process.pid,
      url: "http://127.0.0.1:1",
      token: new Secret("0123456789abcdef"),
    });
    await expect(findRunning(dataDir, VERSION)).rejects.toThrow(`process ${process.pid} does not answer at`);
    beside.announce(server.url);
  });

  it("takes its credential along when it ends", async () => {
    const found = await running();
    expect(found.hasEnded()).toBe(false);
    beside.withdraw();
    expect(existsSync(join(dataDir, "running.json"))).toBe(false);
    expect(await findRunning(dataDir, VERSION)).toBeUndefined();
    expect(found.hasEnded()).toBe(true);
    beside.announce(server.url);
  });
});
