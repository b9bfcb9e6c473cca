import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LogStore } from "@apportion/event-log/embedded/store";
import { perMessage, type EventLog, type LogMessage } from "@apportion/event-log/log";
import { openEventLog } from "@apportion/event-log/open";
import { TOPICS } from "@apportion/events/catalogue";
import { encodeChunks } from "@apportion/events/chunk";
import { prepareSnapshot } from "@apportion/events/snapshot";
import { silentLogger } from "@apportion/runtime/logger";
import { runCli } from "../cli.js";

const NOW = new Date("2026-11-27T06:00:00Z");
const TOPIC = TOPICS.readings.name;
const GROUP = "apportion-intake";

let data: string;
let config: string;
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), "apportion-dead-letters-"));
  config = join(data, "apportion.yaml");
  writeFileSync(config, "currency: USD\nteams: [{ id: a, costCenter: cc-a }]\nlogLevel: silent\n");
  await withLog((log) => log.ensureTopics(Object.values(TOPICS)));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const logDir = (): string => join(data, "event-log");
async function withLog<T>(use: (log: EventLog) => Promise<T>): Promise<T> {
  const log = await openEventLog({ kind: "embedded" }, { dataDir: logDir(), logger: silentLogger });
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}

const run = async (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> => {
  const said = { stdout: "", stderr: "" };
  const into = (name: "stdout" | "stderr"): NodeJS.WritableStream =>
    ({ write: (text: string) => (said[name] += text) }) as unknown as NodeJS.WritableStream;
  const context = { env: {}, stdout: into("stdout"), stderr: into("stderr"), now: () => NOW };
  const argv = ["node", "apportion", "dead-letters", ...args, "--config", config, "--data", data];
  return { code: await runCli(argv, context), ...said };
};
interface Listed {
  readonly id: string;
  readonly state: string;
  readonly times: number;
  readonly key: string;
}
const listed = async (...args: string[]): Promise<Listed[]> =>
  JSON.parse((await run("list", "--json", ...args)).stdout) as Listed[];
const DECIDED = ["--by", "alice", "--reason", "the service was upgraded"];

const message = (key: string, text: string): LogMessage => ({
  topic: TOPIC,
  key,
  headers: { ce_type: `type-${key}`, trace: "1" },
  value: Buffer.from(text),
});

/** A dead letter as anybody who may write to the topic can make one. */
const letter = (text: string, headers: Readonly<Record<string, string>> = {}): LogMessage => ({
  topic: TOPICS.deadLetters.name,
  key: "k",
  headers: {
    "apportion-dead-letter-topic": TOPIC,
    "apportion-dead-letter-partition": "3",
    "apportion-dead-letter-offset": "42",
    "apportion-dead-letter-group": GROUP,
    "apportion-dead-letter-reason": "nobody knows it",
    ...headers,
  },
  value: Buffer.from(text),
});
const reference = (headers: Readonly<Record<string, string>> = {}): LogMessage =>
  letter("", {
    "apportion-dead-letter-body-bytes": "1000000",
    "apportion-dead-letter-body-sha256": "0".repeat(64),
    ...headers,
  });

/** A service that takes what `handles` says; what it takes is given. */
function serve(handles: (text: string) => boolean, decidedWith?: string): Promise<LogMessage[]> {
  return withLog(async (log) => {
    const taken: LogMessage[] = [];
    const running = await log.subscribe({
      group: GROUP,
      topics: [TOPIC],
      deadLetterTopic: TOPICS.deadLetters.name,
      batchMessagesMax: 10,
      batchBytesMax: 10_000_000,
      handle: decidedWith
        ? async (batch) => batch.map((each) => ({ message: each, reason: "dear", decidedWith }))
        : perMessage(async (received) => {
            if (!handles(Buffer.from(received.value).toString()))
              return { kind: "deadLetter", reason: "a newer program wrote this\u001b[2J" };
            taken.push(received);
            return { kind: "done" };
          }),
    });
    await expect.poll(() => log.lag(GROUP, [TOPIC]), { timeout: 20_000 }).toBe(0);
    await running.stop();
    return taken;
  });
}
const nothing = (): boolean => false;
const everything = (): boolean => true;

describe("dead letters", () => {
  it("are listed with where they lay, who gave them up and why, once however often they were", async () => {
    expect((await run("list")).stdout).toBe("There is no open dead letter.\n");
    await withLog((log) => log.publish([message("k", "one")]));
    await serve(nothing);
    const store = new LogStore(join(logDir(), "log.lmdb"));
    const partition = store.partitionsOf(TOPIC).find((each) => store.end(TOPIC, each) === 1) ?? -1;
    await store.append([], { group: GROUP, topic: TOPIC, partition, offset: 0 }); // as if it had not been committed
    await store.close();
    await serve(nothing);
    const [one, ...rest] = await listed();
    expect(rest).toEqual([]);
    expect(one).toMatchObject({
      state: "open",
      times: 2,
      group: GROUP,
      type: "type-k",
      key: "k",
      bytes: 3,
      position: { topic: TOPIC, partition, offset: "0" },
    });
    const { code, stdout } = await run("list");
    expect(code).toBe(0);
    expect(stdout).toContain(`${TOPIC}/${partition} at 0  ${GROUP}  type-k  key k  3 bytes`);
    expect(stdout).toContain("a newer program wrote this\\u001b[2J"); // a terminal is not cleared by a message
  });

  it("are shown with their headers and the beginning of their body, its control characters escaped", async () => {
    await withLog((log) => log.publish([message("k", `bell\u0007 hidden\u202e${"x".repeat(5_000)}`)]));
    await serve(nothing);
    const [one] = await listed();
    const { code, stdout } = await run("show", one?.id ?? "");
    expect(code).toBe(0);
    expect(stdout).toMatch(/ce_type +type-k\n/);
    expect(stdout).toMatch(/trace +1\n/);
    expect(stdout).toContain("bell\\u0007 hidden\\u202exxx");
    expect(stdout.length).toBeLessThan(3_000);
    expect(await run("show", "nothing")).toMatchObject({ code: 2 });
  });

  it("are shown with their rows where they are chunks, as lines or as columns", async () => {
    const key = {
      dataset: "usage" as const,
      source: "mlflow",
      scope: "one",
      chargePeriod: { start: "2026-11-22T00:00:00Z", end: "2026-11-23T00:00:00Z" },
    };
    const rows = [{ meter: "m", unit: "runs", team_label: "ads", namespace: "", quantity: "0.5" }];
    const snapshot = prepareSnapshot({ key, rows, finality: "final" }, NOW, "USD");
    const [columns] = await encodeChunks(snapshot, "/test");
    if (!columns) throw new Error("a reading with rows has a chunk");
    const headers = { ...columns.headers, ce_type: "apportion.snapshot.chunk.v1" };
    const lines = { ...columns, headers, value: gzipSync(`{"meter":"before"}\n`) };
    await withLog((log) => log.publish([columns, lines]));
    await serve(nothing);
    const shown: string[] = [];
    for (const { id } of await listed()) shown.push((await run("show", id)).stdout);
    expect(shown).toEqual([
      expect.stringContaining('{"meter":"m","unit":"runs","team_label":"ads","quantity":"0.5"}'),
      expect.stringContaining('{"meter":"before"}'),
    ]);
  });

  it("are published again as they were, in their order, and then are decided", async () => {
    const sent = [message("k", "first"), message("k", "second"), message("k", "third")];
    await withLog((log) => log.publish(sent));
    await serve(nothing);
    const ids = (await listed()).map(({ id }) => id);
    const done = await run("republish", ...ids.toReversed(), ...DECIDED);
    expect(done).toMatchObject({ code: 0, stderr: "" });
    expect(await listed()).toEqual([]);
    expect((await listed("--all")).map(({ state }) => state)).toEqual(Array(3).fill("republished"));
    const taken = await serve(everything);
    expect(taken.map(({ key, headers, value }) => [key, headers, Buffer.from(value).toString()])).toEqual(
      sent.map(({ key, headers, value }) => [key, headers, Buffer.from(value).toString()]),
    );
    const again = await run("republish", ids[0] ?? "", ...DECIDED);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain("was decided on already: republish, by alice");
  });

  it("are open again when they fail again, and never again when they are dropped", async () => {
    await withLog((log) => log.publish([message("k", "bad")]));
    await serve(nothing);
    const [first] = await listed();
    await run("republish", "--all", ...DECIDED);
    await serve(nothing);
    const [second, ...rest] = await listed();
    expect(rest).toEqual([]);
    expect(second?.id).not.toBe(first?.id);
    expect((await run("drop", second?.id ?? "", ...DECIDED)).code).toBe(0);
    expect(await listed()).toEqual([]);
    expect((await run("republish", "--all", ...DECIDED)).stdout).toBe("There is no open dead letter.\n");
    expect(await serve(everything)).toEqual([]);
    expect((await run("list", "--all")).stdout).toContain(
      "dropped by alice at 2026-11-27T06:00:00.000Z: the service",
    );
  });

  it("too large to be kept are read back where they lie, and what is not there any more is said", async () => {
    const large = { ...message("k", ""), value: Buffer.alloc(899_900, "x") };
    await withLog((log) => log.publish([large]));
    await serve(nothing);
    const [one] = await listed();
    expect(one).toMatchObject({ bytes: 899_900, isReference: true });
    const foreign = { ...message("k", ""), value: Buffer.alloc(1_040_000, "x") };
    const store = new LogStore(join(logDir(), "log.lmdb"));
    await store.append([foreign]);
    await store.close();
    await serve(nothing);
    const done = await run("republish", "--all", ...DECIDED);
    expect(done.code).toBe(1);
    expect(done.stdout).toContain(`${one?.id} published again`);
    expect(done.stderr).toContain("larger than anything that Apportion publishes");
    const [taken] = await serve(everything);
    expect(taken?.headers).toEqual(large.headers);
    expect(Buffer.from(taken?.value ?? []).equals(large.value)).toBe(true);
    expect(await listed()).toHaveLength(1);
  });

  it("whose original was removed by retention cannot come back, and say so", async () => {
    await withLog((log) =>
      log.publish([
        reference(),
        { topic: TOPICS.deadLetters.name, key: "k", headers: {}, value: Buffer.from("garbage") },
      ]),
    );
    const { stdout, stderr, code } = await run("republish", "--all", ...DECIDED);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`retention has removed the original from ${TOPIC}/3 at 42`);
    expect((await run("list")).stdout).toContain("1 message of the topic this program does not know");
  });

  it("of readings in quarantine are not open: another command decides", async () => {
    await withLog((log) => log.publish([message("k", "seal")]));
    await serve(nothing, "apportion quarantine");
    expect((await run("list")).stdout).toBe(
      "There is no open dead letter.\n1 more of readings in quarantine: `apportion quarantine list` has them.\n",
    );
    const [one] = await listed("--all");
    expect((await run("list", "--all")).stdout).toContain("`apportion quarantine` decides");
    const refused = await run("republish", one?.id ?? "", ...DECIDED);
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toBe(
      `${one?.id} cannot be published again: \`apportion quarantine\` decides on it, not \`apportion dead-letters\`\n`,
    );
    expect((await listed("--all")).map(({ state }) => state)).toEqual(["quarantine"]);
    expect(await serve(everything)).toEqual([]);
  });

  it("are new ones where a topic that was made again has another message at a decided offset", async () => {
    await withLog((log) => log.publish([letter("old")]));
    const [old] = await listed();
    await run("drop", old?.id ?? "", ...DECIDED);
    const others = [letter("new"), { ...letter("old"), key: "other" }, reference()];
    await withLog((log) => log.publish([...others, ...others, letter("old")]));
    const open = await listed();
    expect(open.map(({ times }) => times)).toEqual([2, 2, 2]);
    expect(new Set(open.map(({ id }) => id)).size).toBe(3);
    for (const { id } of open) expect(id).toMatch(/^[0-9a-f]{12}$/);
    expect(await listed("--all")).toHaveLength(4);
    expect(open.map(({ id }) => id)).not.toContain(old?.id);
  });

  it("go back only to what the group reads, whatever their headers say; the others go on", async () => {
    const to = (topic: string, group = GROUP): Record<string, string> => ({
      "apportion-dead-letter-topic": topic,
      "apportion-dead-letter-group": group,
    });
    const { records, ledger } = TOPICS;
    await withLog((log) =>
      log.publish([
        letter("a", to(records.name)),
        letter("b", to(ledger.name, "constructor")),
        reference(to("nowhere")),
        letter("fine"),
      ]),
    );
    const { code, stdout, stderr } = await run("republish", "--all", ...DECIDED);
    expect(code).toBe(1);
    expect(stdout.match(/published again/g)).toHaveLength(1);
    expect(stderr).toContain(`group ${GROUP} does not read ${records.name}, only ${TOPIC}. \`drop\` it`);
    expect(stderr).toContain("no service of Apportion reads as group constructor. ");
    expect(stderr).toContain(`group ${GROUP} does not read nowhere, only ${TOPIC}. `);
    const [wrong] = await listed();
    expect((await run("republish", wrong?.id ?? "", ...DECIDED)).code).toBe(1);
    expect(await listed()).toHaveLength(3);
    const store = new LogStore(join(logDir(), "log.lmdb"));
    for (const { name } of [records, ledger])
      for (const partition of store.partitionsOf(name)) expect(store.end(name, partition)).toBe(0);
    await store.close();
    expect((await serve(everything)).map(({ value }) => Buffer.from(value).toString())).toEqual(["fine"]);
  });

  it("cannot clear a terminal with any header", async () => {
    const forged = "x\u001b[2Jy";
    const topic = { "apportion-dead-letter-topic": forged };
    await withLog((log) =>
      log.publish([
        reference(topic),
        letter("", { ...topic, "apportion-dead-letter-group": forged }),
        letter("", { "apportion-dead-letter-decided-with": forged }),
      ]),
    );
    const ids = (await listed("--all")).map(({ id }) => id);
    const said = [await run("list", "--all"), await run("republish", ...ids, ...DECIDED)];
    for (const id of ids) said.push(await run("show", id));
    const text = said.map(({ stdout, stderr }) => stdout + stderr).join("");
    expect(text).not.toContain(forged);
    expect(text).toContain("the original is read from x\\u001b[2Jy/3 at 42");
    expect(text).toContain("does not read x\\u001b[2Jy, only");
    expect(text).toContain("`x\\u001b[2Jy` decides on it");
  });

  it("are decided on by somebody, for a reason, and by name", async () => {
    expect((await run("republish", "--all", "--by", "alice")).code).toBe(2);
    expect((await run("republish", "--all", "--by", "alice", "--reason", " ")).code).toBe(2);
    expect((await run("republish", ...DECIDED)).stderr).toContain("--all");
    expect((await run("drop", "0123456789ab", ...DECIDED)).stderr).toContain('no dead letter "0123456789ab"');
  });
});
