import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePicos } from "@apportion/domain/money";
import type { ContainerUse } from "../container-use.js";
import { history, use } from "./examples.js";
import { idleNotebook } from "./idle-notebook.js";

const p = parsePicos;
/** Six nights and a weekend. */
const rests = (each: Partial<ContainerUse> = {}): ContainerUse =>
  use({ offHours: p("114"), busyOffHours: p("2"), isNotebook: true, ...each });

describe("a notebook at night", () => {
  it("saves its CPU and memory for the hours in which it did nothing, without its GPUs", () => {
    const finding = idleNotebook(history("statefulset", { gpuCost: p("50") }), [rests()]);
    // 112 of 192 hours of 36 a day, on ten days.
    expect(finding).toMatchObject({ kind: "idle-notebook", freed: p("210"), cash: 0n, since: "2026-11-01" });
    expect(finding?.change).toContain(
      "kubectl --context eu -n team-a annotate statefulset/api downscaler/uptime='Mon-Fri 07:00-20:00 TIMEZONE'",
    );
  });

  it.each([
    ["used at night", { busyOffHours: p("6") }],
    ["of which no night is known", { offHours: undefined }],
    ["of which nobody knows what it did", { busyOffHours: undefined }],
    ["that did not run at night", { offHours: 0n, busyOffHours: 0n }],
    ["seen on fewer days", { days: 7 }],
    ["with more hours than there are", { offHours: p("5000") }],
    ["busy for less than nothing", { busyOffHours: p("-3") }],
  ])("is left alone where it is one %s", (_, each) => {
    expect(idleNotebook(history("statefulset"), [rests(each)])).toBeUndefined();
  });

  it("counts as long as its least idle container, which need not be called one", () => {
    const proxy = rests({ container: "proxy", busyOffHours: p("5"), isNotebook: false });
    expect(idleNotebook(history("deployment"), [rests(), proxy])?.freed).toBe(p("204.375"));
    const busy = { ...proxy, busyOffHours: p("100") };
    expect(idleNotebook(history("deployment"), [rests(), busy])).toBeUndefined();
  });

  it("is no API that nobody calls at night, no job, and no bare pod beside others", () => {
    expect(idleNotebook(history("deployment"), [rests({ isNotebook: false })])).toBeUndefined();
    expect(idleNotebook(history("cronjob"), [rests()])).toBeUndefined();
    expect(idleNotebook(history(""), [rests(), rests({ isNotebook: false })])).toBeUndefined();
    expect(idleNotebook(history(""), [rests(), rests()])?.change).toContain("cull.enabled=true");
    expect(idleNotebook(history("deployment"), [])).toBeUndefined();
  });

  it("never saves more than its CPU and memory cost", () => {
    const hours = fc.bigInt({ min: -p("10"), max: p("400") });
    fc.assert(
      fc.property(hours, hours, fc.bigInt({ min: 0n, max: p("1000") }), (offHours, busyOffHours, cost) => {
        const found = idleNotebook(history("deployment", { cpuCost: cost }), [
          rests({ offHours, busyOffHours }),
        ]);
        expect(found?.freed ?? 0n).toBeLessThanOrEqual((cost + p("12")) * 10n);
      }),
    );
  });
});
