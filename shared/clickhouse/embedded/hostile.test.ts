import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestEngine, type TestEngine } from "../testing/engine.js";
import { LIMITS } from "./limits.js";

let test: TestEngine;
beforeAll(async () => {
  test = await startTestEngine();
});
afterAll(() => test.stop());

/** Asks as the read-only user, as whoever has its password may. */
function ask(body: string | Buffer, headers: Record<string, string> = {}, path = "/"): Promise<Response> {
  const { username, password } = test.engine.readonly;
  const authorization = `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString("base64")}`;
  return fetch(`${test.engine.url}${path}`, { method: "POST", body, headers: { authorization, ...headers } });
}

const codeOf = (answer: Response): string | null => answer.headers.get("x-clickhouse-exception-code");

function form(parts: number): { body: string; headers: Record<string, string> } {
  const part = (name: string, value: string): string =>
    `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const others = Array.from({ length: parts - 1 }, (_, index) => part(`param_p${index}`, "1"));
  return {
    body: `${part("query", "SELECT 1")}${others.join("")}--b--\r\n`,
    headers: { "content-type": "multipart/form-data; boundary=b" },
  };
}

describe("what an analyst may send", () => {
  it("is a form with as many parts as queries have parameters, and a larger one stops nobody else", async () => {
    const allowed = form(LIMITS.namesMax);
    expect((await (await ask(allowed.body, allowed.headers)).text()).trim()).toBe("1");
    const { body, headers } = form(170_000);
    const startedMs = performance.now();
    const answer = await ask(body, headers);
    expect(codeOf(answer)).toBe("229");
    expect(await answer.text()).toContain(`at most ${LIMITS.namesMax}`);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it("is a bounded number of names in the address", async () => {
    const names = Array.from({ length: 50_000 }, (_, index) => `param_p${index}=1`).join("&");
    const answer = await ask("SELECT 1", {}, `/?${names}`);
    expect(codeOf(answer)).toBe("229");
  });

  it("is an encoding that is known, whatever every object of JavaScript has", async () => {
    for (const encoding of ["__proto__", "constructor", "toString", "zstd"]) {
      const answer = await ask("SELECT 1", { "content-encoding": encoding });
      expect([encoding, codeOf(answer)]).toEqual([encoding, "779"]);
    }
  });

  it("is a setting that is theirs to change, whatever every object of JavaScript has", async () => {
    for (const setting of ["__proto__", "constructor", "toString"]) {
      const answer = await ask("SELECT 1", {}, `/?${setting}=1`);
      expect([setting, codeOf(answer)]).toEqual([setting, "164"]);
    }
  });

  it("is a format of the engine, whatever every object of JavaScript has", async () => {
    for (const format of ["constructor", "toString", "valueOf"])
      expect([format, codeOf(await ask(`SELECT 1 FORMAT ${format}`))]).toEqual([format, "73"]);
  });

  it("needs no more memory than is promised for all of them together", async () => {
    expect(LIMITS.readOnlySlots * LIMITS.readOnlyMemoryBytes).toBeLessThanOrEqual(1024 ** 3);
    const large = "SELECT length(groupArray(number)) FROM numbers(200000000)";
    for (const path of ["/", "/?max_memory_usage=0", "/?max_memory_usage=4000000000"])
      expect([path, codeOf(await ask(large, {}, path))]).toEqual([path, "241"]);
  });
});
