import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Service } from "@apportion/runtime/service";
import { runUntilEnded, STOP_MAX_MS } from "./run-until-ended.js";

const never = new Promise<never>(() => undefined);

/** Taken at once, so that nothing is rejected unseen while the clock is set forward. */
const whyItEnds = (ending: Promise<void>): Promise<string> =>
  ending.then(
    () => "in order",
    (error: Error) => error.message,
  );

describe("a process that has to end", () => {
  const said: string[] = [];
  beforeEach(() => {
    said.length = 0;
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  const run = (service: Partial<Service>, failed: Promise<Error>, signal = new AbortController().signal) =>
    runUntilEnded({
      services: [{ name: "service", start: async () => undefined, stop: async () => undefined, ...service }],
      platform: { failed, close: async () => void said.push("closed") },
      signal,
      onRunning: () => void said.push("running"),
      onEnding: () => void said.push("ending"),
    });

  it("ends with what it could not go on with, although that never ends", async () => {
    const ended = whyItEnds(run({ stop: () => never }, Promise.resolve(new Error("the handler hangs"))));
    await vi.advanceTimersByTimeAsync(STOP_MAX_MS);
    expect(await ended).toBe("the handler hangs");
  });

  it("finishes what is in hand when it is asked to, and no later than that", async () => {
    const asked = new AbortController();
    const ended = run({}, never, asked.signal);
    await vi.advanceTimersByTimeAsync(0);
    asked.abort();
    await ended;
    expect(said).toEqual(["running", "ending", "closed"]);
    const late = new AbortController();
    const hanging = whyItEnds(run({ stop: () => never }, never, late.signal));
    late.abort();
    await vi.advanceTimersByTimeAsync(STOP_MAX_MS);
    expect(await hanging).toContain("did not end within");
  });

  it("can be asked to end while a service starts, and says why one did not", async () => {
    const asked = new AbortController();
    const hanging = whyItEnds(run({ start: () => never }, never, asked.signal));
    asked.abort();
    await vi.advanceTimersByTimeAsync(STOP_MAX_MS);
    expect(await hanging).toContain("did not end");
    const start = async (): Promise<never> => Promise.reject(new Error("no rights"));
    await expect(run({ start }, never)).rejects.toThrow("service did not start: no rights");
    expect(said.at(-1)).toBe("closed");
  });
});
