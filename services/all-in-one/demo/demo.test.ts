import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { staysUp } from "./demo.js";

describe("the demo", () => {
  const on = (isTTY: boolean) => ({ stdout: Object.assign(new PassThrough(), { isTTY }) });

  it.each([
    ["in a terminal", true, {}, true],
    ["without one, as in CI", false, {}, false],
    ["in a terminal with --once", true, { once: true }, false],
    ["without one with --stay", false, { stay: true }, true],
    ["without one with --days-go-by", false, { daysGoBy: true }, true],
  ])("stays up as whoever starts it expects: %s", (_, isTTY, options, stays) => {
    expect(staysUp(on(isTTY), options)).toBe(stays);
  });

  it.each([
    [{ once: true, stay: true }, "--stay"],
    [{ once: true, daysGoBy: true }, "--days-go-by"],
  ])("cannot both end and stay: %j", (options, flag) => {
    expect(() => staysUp(on(true), options)).toThrow(flag);
  });
});
