import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import type { HistoryDay } from "../history.js";
import { NOTHING_MEASURED } from "../history.js";
import { type RunHours, runHoursOf } from "../run-hours.js";
import { history } from "./examples.js";
import { type GpuPlace, gpusOutsideRuns, withGpusOf } from "./gpus-outside-runs.js";

const p = parsePicos;
const GPUS: Partial<HistoryDay> = { gpuHours: p("96"), gpuCost: p("192"), gpuUsageHours: p("30") };
const place = (day: Partial<HistoryDay> = {}): GpuPlace =>
  withGpusOf(undefined, history("deployment", { ...GPUS, ...day }), "a");
const always =
  (hours: string): RunHours =>
  () =>
    p(hours);
const MEASURED = { ...NOTHING_MEASURED, gpu: true };

describe("GPUs outside of runs", () => {
  it("are what is held beyond eight GPUs for each hour of a run, at the price of the day", () => {
    const finding = gpusOutsideRuns(place(), always("3"), NOTHING_MEASURED);
    // 96 held, 24 at most in runs: three quarters of 192 on ten days.
    expect(finding).toMatchObject({
      kind: "gpus-outside-runs",
      freed: p("1440"),
      cash: 0n,
      confidence: "low",
    });
    expect(finding?.change).toContain(String.raw`limits.nvidia\.com/gpu'`);
  });

  it("are not what was measured as used", () => {
    expect(gpusOutsideRuns(place(), always("3"), MEASURED)?.freed).toBe(p("1320"));
    expect(gpusOutsideRuns(place({ gpuUsageHours: p("60") }), always("3"), MEASURED)).toBeUndefined();
  });

  it.each([
    ["that never logs a run", always("0")],
    ["whose runs were not read", () => undefined],
    ["whose runs can use half of them", always("7")],
    [
      "whose runs were not read on the last day",
      (_: string, day: Day) => (day === "2026-11-10" ? undefined : p("3")),
    ],
  ] as const)("are not said of a team %s", (_, runs) => {
    expect(gpusOutsideRuns(place(), runs, NOTHING_MEASURED)).toBeUndefined();
  });

  it("leave broken days out, and add up the workloads of a namespace", () => {
    const both = withGpusOf(place(), history("job", { ...GPUS, gpuHours: p("4"), gpuCost: p("8") }), "a");
    expect(gpusOutsideRuns(both, always("3"), NOTHING_MEASURED)?.freed).toBe(p("1520"));
    expect(gpusOutsideRuns(place({ gpuCost: -p("5") }), always("3"), NOTHING_MEASURED)).toBeUndefined();
  });

  it("never save more than they cost", () => {
    const amount = fc.bigInt({ min: 0n, max: p("500") });
    fc.assert(
      fc.property(amount, amount, amount, fc.boolean(), (gpuHours, gpuUsageHours, runs, gpu) => {
        const found = gpusOutsideRuns(place({ gpuHours, gpuUsageHours }), () => runs, { ...MEASURED, gpu });
        expect(found?.freed ?? 0n).toBeLessThanOrEqual(p("1920"));
      }),
    );
  });
});

describe("hours in runs", () => {
  it("of nobody may be anybody's, and on a day that was not read there are none to tell", () => {
    const day = "2026-11-01" as Day;
    const rows = [
      { day, team_label: "a", hours: p("2") },
      { day, team_label: "A", hours: p("1") },
      { day, team_label: "", hours: p("4") },
    ];
    const hours = runHoursOf(rows, (label) =>
      label.toLowerCase() === "a" ? { kind: "team", id: "a" } : undefined,
    );
    expect([hours("a", day), hours("b", day)]).toEqual([p("7"), p("4")]);
    expect(hours("a", "2026-11-02" as Day)).toBeUndefined();
  });
});
