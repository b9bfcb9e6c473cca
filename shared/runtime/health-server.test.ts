import { afterEach, describe, expect, it } from "vitest";
import { createHealth, type Finding, type Health } from "./health.js";
import { PortTakenError, startHealthServer, type HealthServer } from "./health-server.js";

const LOOPBACK = { host: "127.0.0.1", port: 0 };
const fine: Finding = { what: "Kafka", ok: true, detail: "answers" };

describe("the health server", () => {
  let server: HealthServer | undefined;
  afterEach(() => server?.close());
  const start = async (health: Health): Promise<string> => {
    server = await startHealthServer(LOOPBACK, health);
    return server.url;
  };

  it("answers 503 with what is wrong first, and 200 when nothing is", async () => {
    const health = createHealth();
    let database: Finding = {
      what: "ClickHouse",
      ok: false,
      detail: "waiting for ClickHouse at http://db:8123",
    };
    health.add(async () => [fine]);
    health.add(async () => [database]);
    const url = await start(health);
    const unready = await fetch(`${url}/readyz`);
    expect(unready.status).toBe(503);
    expect(await unready.json()).toEqual({ ready: false, findings: [database, fine] });
    database = { ...database, ok: true, detail: "answers" };
    await expect
      .poll(async () => (await fetch(`${url}/readyz?verbose`)).status, { timeout: 5_000 })
      .toBe(200);
  });

  it("is alive whatever it waits for, until something fatal happened", async () => {
    const health = createHealth();
    let fatal: string | undefined;
    health.add(() => new Promise(() => undefined));
    health.addFatal(() => fatal);
    const url = await start(health);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    fatal = "a topic was deleted";
    const dead = await fetch(`${url}/livez`);
    expect(dead.status).toBe(503);
    expect(await dead.json()).toEqual({ alive: false, reason: fatal });
  });

  it("answers GET and HEAD to two paths, and nothing else", async () => {
    const url = await start(createHealth());
    const head = await fetch(`${url}/readyz`, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect((await fetch(`${url}/livez`, { method: "POST", body: "x" })).status).toBe(405);
    expect((await fetch(`${url}/`)).status).toBe(404);
  });

  it("keeps its answer small", async () => {
    const health = createHealth();
    const many = Array.from({ length: 1_000 }, () => ({ ...fine, detail: "x".repeat(10_000) }));
    health.add(async () => [...many, { what: "ClickHouse", ok: false, detail: "away" }]);
    const text = await (await fetch(`${await start(health)}/readyz`)).text();
    expect(text.length).toBeLessThan(100_000);
    expect(text).toContain("away");
  });

  it("says that its port is taken and how another is given", async () => {
    const port = Number(new URL(await start(createHealth())).port);
    const second = startHealthServer({ ...LOOPBACK, port }, createHealth());
    await expect(second).rejects.toThrow(PortTakenError);
    await expect(second).rejects.toThrow(/port \d+ of 127\.0\.0\.1 is taken.*--health-port/);
  });
});

describe("checks of health", () => {
  it("are made once for all who ask at about the same time", async () => {
    const health = createHealth();
    let asked = 0;
    health.add(async () => {
      asked += 1;
      return [fine];
    });
    await Promise.all(Array.from({ length: 50 }, () => health.findings()));
    await health.findings();
    expect(asked).toBe(1);
  });

  it("that hang or fail are findings, beside those of the others", { timeout: 15_000 }, async () => {
    const health = createHealth();
    let asked = 0;
    health.add(() => {
      asked += 1;
      return new Promise(() => undefined);
    });
    health.add(() => Promise.reject(new Error("no way")));
    health.add(async () => [fine]);
    const found = await health.findings();
    expect(found.map(({ detail }) => detail)).toEqual([
      "a check has not answered within 5 s",
      "no way",
      "answers",
    ]);
    await health.findings();
    expect(asked).toBe(1); // one that hangs is not asked again and again
  });
});
