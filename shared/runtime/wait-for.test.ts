import { describe, expect, it } from "vitest";
import { TroubleError, troubleInWords } from "./trouble.js";
import { waitFor, waitingFinding, type Dependency, type Patience } from "./wait-for.js";

const refused = (): Error => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

function dependency(attempt: () => Promise<string>, isWorthWaiting = () => true): Dependency<string> {
  return { what: "Kafka", where: "kafka:9092", check: "check eventLog.brokers", attempt, isWorthWaiting };
}

function patience(): Patience & { readonly said: string[]; readonly ending: AbortController } {
  const said: string[] = [];
  const ending = new AbortController();
  const say = (_fields: object, message: string): void => {
    said.push(message);
  };
  return { said, ending, signal: ending.signal, logger: { info: say, warn: say }, waiting: new Set() };
}

describe("waiting for a dependency", () => {
  it("says what, where and why until it is there, and goes on with what it gives", async () => {
    const waits = patience();
    let attempts = 0;
    const result = await waitFor(
      dependency(async () => {
        attempts += 1;
        if (attempts < 3) throw refused();
        expect([...waits.waiting].map(waitingFinding)).toEqual([
          {
            what: "Kafka",
            ok: false,
            detail: expect.stringMatching(
              /^waiting for Kafka at kafka:9092 since \S+: connection refused; check eventLog\.brokers$/,
            ) as string,
          },
        ]);
        return "there";
      }),
      waits,
    );
    expect(result).toBe("there");
    expect(waits.said[0]).toMatch(/^waiting for Kafka at kafka:9092 since \S+: connection refused$/);
    expect(waits.said.at(-1)).toBe("Kafka at kafka:9092 is there");
    expect(waits.waiting.size).toBe(0);
  });

  it("says so too while an attempt hangs, and is ended at once", async () => {
    const waits = patience();
    const waiting = waitFor(
      dependency(() => new Promise(() => undefined)),
      {
        ...waits,
        logger: {
          info: () => undefined,
          warn: (_fields, message) => {
            waits.said.push(message);
            waits.ending.abort(new Error("SIGTERM"));
          },
        },
      },
    );
    await expect(waiting).rejects.toThrow("SIGTERM");
    expect(waits.said[0]).toMatch(/^waiting for Kafka at kafka:9092 since \S+: no answer yet$/);
    expect(waits.waiting.size).toBe(0);
  });

  it("does not wait for what time cannot mend", async () => {
    const fatal = dependency(
      () => Promise.reject(new Error("the database is newer")),
      () => false,
    );
    await expect(waitFor(fatal, patience())).rejects.toThrow(/^the database is newer$/);
    await expect(waitFor(fatal, undefined)).rejects.toThrow(/^the database is newer$/);
  });

  it("without patience fails at the first attempt, with the address and what to check", async () => {
    await expect(
      waitFor(
        dependency(() => Promise.reject(refused())),
        undefined,
      ),
    ).rejects.toThrow(
      "Kafka at kafka:9092 cannot be used: connection refused. Please check eventLog.brokers.",
    );
  });
});

describe("trouble", () => {
  it("is said in words, whatever wraps it", () => {
    const wrapped = new Error("Query x failed", { cause: refused() });
    const severally = new AggregateError([refused()], "");
    expect(
      [wrapped, severally, new Error("Connection error: connect ECONNREFUSED 10.0.0.1:9092")].map(
        troubleInWords,
      ),
    ).toEqual(Array.from({ length: 3 }, () => "connection refused"));
    const said = new TroubleError("the credentials were refused", { cause: refused() });
    expect(troubleInWords(new Error("outer", { cause: said }))).toBe("the credentials were refused");
    expect(troubleInWords(new Error("socket hang up"))).toBe("the connection was closed from the other side");
    expect(troubleInWords(new Error("outer", { cause: new Error("inner") }))).toBe("inner");
  });
});
