import { describe, expect, it } from "vitest";
import { mergeTraces, newTraceparent, traceIdOf, traceparentOf } from "./trace.js";

describe("a trace", () => {
  it("is gone on with from one cause, under another span", () => {
    const cause = newTraceparent();
    const { traceparent, fields } = mergeTraces([cause, undefined, cause]);
    expect(fields).toEqual({ traceId: traceIdOf(cause) });
    expect(traceparent).not.toBe(cause);
    expect(traceIdOf(traceparent)).toBe(traceIdOf(cause));
  });

  it("is a new one that names its causes where there are several, but not all of thousands", () => {
    const causes = Array.from({ length: 100 }, () => newTraceparent());
    const { fields } = mergeTraces(causes);
    expect(causes.map(traceIdOf)).not.toContain(fields.traceId);
    expect(fields.links).toEqual(causes.slice(0, 10).map(traceIdOf));
  });

  it("begins where nothing came before it", () => {
    expect(mergeTraces([undefined]).fields.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it("is read from headers only where it is one", () => {
    const traceparent = newTraceparent();
    expect(traceparentOf({ ce_traceparent: traceparent })).toBe(traceparent);
    for (const other of ["", "00-1-2-01", `00-${"0".repeat(32)}-${"1".repeat(16)}-01`, "x\n{}"])
      expect(traceparentOf({ ce_traceparent: other })).toBeUndefined();
    expect(traceparentOf({})).toBeUndefined();
  });
});
