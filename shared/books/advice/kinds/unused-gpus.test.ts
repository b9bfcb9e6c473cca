import { describe, expect, it } from "vitest";
import { parsePicos } from "@apportion/domain/money";
import { NOTHING_MEASURED } from "../history.js";
import { history, use } from "./examples.js";
import { unusedGpus } from "./unused-gpus.js";

const p = parsePicos;
const MEASURED = { ...NOTHING_MEASURED, gpu: true };
const holds = (gpuUsageHours: string) =>
  history("deployment", { gpuHours: p("24"), gpuCost: p("60"), gpuUsageHours: p(gpuUsageHours) });

describe("utilisation of GPUs that was read", () => {
  it("counts more than what costs say of it, in either direction", () => {
    // The days that were read, eight of ten.
    expect(unusedGpus(holds("20"), MEASURED, [use({ gpuShare: p("0.02") })])).toMatchObject({
      freed: p("480"),
      since: "2026-11-03",
      quantities: [{ picos: p("192") }, { what: "used at most", picos: p("3.84") }, { picos: p("480") }],
    });
    expect(unusedGpus(holds("0"), MEASURED, [use({ gpuShare: p("0.4") })])).toBeUndefined();
  });

  it("is enough where costs know nothing of GPUs", () => {
    expect(unusedGpus(holds("0"), NOTHING_MEASURED, [use({ gpuShare: 0n })])?.freed).toBe(p("480"));
    expect(unusedGpus(holds("0"), NOTHING_MEASURED, [use()])).toBeUndefined();
  });

  it("is that of the container that used most, and says nothing of days that were not read", () => {
    const busy = [use({ gpuShare: 0n }), use({ container: "trainer", gpuShare: p("0.5") })];
    expect(unusedGpus(holds("0"), MEASURED, busy)).toBeUndefined();
    expect(unusedGpus(holds("0"), MEASURED, [use({ gpuShare: 0n, days: 2 })])).toBeUndefined();
    expect(unusedGpus(holds("0"), MEASURED, [use()])?.freed).toBe(p("600"));
  });
});
