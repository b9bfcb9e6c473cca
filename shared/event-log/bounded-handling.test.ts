import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { boundedHandling, GIVE_UP_MS, HANDLING_MAX_MS, HandlerHangsError } from "./bounded-handling.js";

describe("a batch in hand", () => {
  const fatal: Error[] = [];
  beforeEach(() => {
    fatal.length = 0;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => vi.useRealTimers());
  const never = new Promise<never>(() => undefined);
  const onFatal = (error: Error): void => void fatal.push(error);

  it("is asked to give up when its time is over", async () => {
    let given: AbortSignal | undefined;
    const handle = boundedHandling(
      (_batch, signal) => {
        given = signal;
        return never;
      },
      "group",
      onFatal,
    );
    void handle([], new AbortController().signal);
    await vi.advanceTimersByTimeAsync(HANDLING_MAX_MS - 1);
    expect(given?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(given?.aborted).toBe(true);
    expect(fatal).toEqual([]);
    await vi.advanceTimersByTimeAsync(GIVE_UP_MS);
    expect(fatal).toEqual([new HandlerHangsError("group")]);
  });

  it("ends the process only when it goes on after it was asked to give up", async () => {
    const caller = new AbortController();
    const handle = boundedHandling(
      (_batch, signal) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
      "group",
      onFatal,
    );
    const handled = handle([], caller.signal);
    caller.abort(new Error("the partition is another's"));
    await expect(handled).rejects.toThrow("the partition is another's");
    await vi.advanceTimersByTimeAsync(HANDLING_MAX_MS + GIVE_UP_MS);
    expect(fatal).toEqual([]);
  });
});
