import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { sideBySide } from "./side-by-side.js";

describe("work side by side", () => {
  it("is done for so many at once, and gives its results in order", async () => {
    let [running, most] = [0, 0];
    const results = await sideBySide([30, 1, 2, 3], 2, async (ms) => {
      most = Math.max(most, (running += 1));
      await pause(ms);
      running -= 1;
      return ms * 2;
    });
    expect(results).toEqual([60, 2, 4, 6]);
    expect(most).toBe(2);
  });

  it("goes on with the others when one fails, and says so at the end", async () => {
    const done: number[] = [];
    const all = sideBySide([1, 2, 3], 1, async (item) => {
      if (item === 1) throw new Error("the first");
      done.push(item);
    });
    await expect(all).rejects.toThrow("the first");
    expect(done).toEqual([2, 3]);
  });
});
