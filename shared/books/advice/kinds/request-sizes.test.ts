import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePicos } from "@apportion/domain/money";
import { history, use } from "./examples.js";
import { requestSizes } from "./request-sizes.js";

const p = parsePicos;

describe("sizes of requests", () => {
  it("are the 99th percentile of CPU and the maximum of memory, 15 % above, at the price of each day", () => {
    const finding = requestSizes(history(), [use()]);
    // CPU: 0.4 × 1.15 = 460m of 2 cores: 77 % of 24 a day. Memory: 1,178 MiB (1,177.6) of 4,096: 71.24 % of 12 a day.
    expect(finding?.change).toBe(
      "kubectl --context eu -n team-a set resources deployment/api -c app --requests=cpu=460m,memory=1178Mi",
    );
    const quantity = (what: string): bigint | undefined =>
      finding?.quantities.find((each) => each.what === what)?.picos;
    expect(quantity("spare CPU")).toBe(p("184.8"));
    expect(quantity("spare memory")).toBe(p("85.48828125"));
    expect(finding).toMatchObject({
      cash: 0n,
      freed: p("270.28828125"),
      since: "2026-11-01",
      until: "2026-11-10",
    });
  });

  it("are the 95th percentile of CPU of jobs, of three runs and more", () => {
    expect(requestSizes(history("job"), [use({ days: 3 })])?.change).toContain("cpu: 230m");
    expect(requestSizes(history("job"), [use({ days: 2 })])).toBeUndefined();
    expect(requestSizes(history("deployment"), [use({ days: 7 })])).toBeUndefined();
  });

  it("leave memory alone after a kill for want of it, and what is not known or not asked for", () => {
    const killed = requestSizes(history(), [use({ isOomKilled: true })]);
    expect(killed?.change).toMatch(/--requests=cpu=460m$/);
    expect(killed?.risk).toContain("killed for want of memory");
    const unknown = requestSizes(history(), [use({ cpuP99: undefined })]);
    expect(unknown?.change).toMatch(/--requests=memory=1178Mi$/);
    const none = { cpuRequest: undefined, memoryRequest: undefined };
    expect(requestSizes(history(), [use(none)])).toBeUndefined();
  });

  it("are never less than 25m, never more than before, and not said where little is spare", () => {
    expect(requestSizes(history(), [use({ cpuP99: p("0.001") })])?.change).toContain("cpu=25m");
    const busy = use({ cpuP99: p("5"), memoryMax: p("1") });
    expect(requestSizes(history(), [busy])?.change).toMatch(/--requests=memory=1178Mi$/);
    expect(requestSizes(history(), [use({ cpuP99: p("1.5"), memoryMax: p("3.2") })])).toBeUndefined();
  });

  it("save what they would by the requests of the last days, not by larger ones of before", () => {
    const { days, ...rest } = history();
    const large = days
      .slice(0, 2)
      .map((day) => ({ ...day, cpuCost: p("240"), cpuHours: p("480"), cpuRequestHours: p("480") }));
    const finding = requestSizes({ ...rest, days: [...large, ...days.slice(2)] }, [
      use({ memoryRequest: undefined }),
    ]);
    expect(finding?.freed).toBe(p("184.8")); // ten days as the last eight were
  });

  it("change each container by itself", () => {
    const sidecar = use({
      container: "proxy; rm -rf /",
      cpuRequest: p("0.5"),
      cpuP99: p("0.1"),
      memoryRequest: undefined,
    });
    expect(requestSizes(history(), [use(), sidecar])?.change.split("\n")).toEqual([
      "kubectl --context eu -n team-a set resources deployment/api -c app --requests=cpu=460m,memory=1178Mi",
      "kubectl --context eu -n team-a set resources deployment/api -c 'proxy; rm -rf /' --requests=cpu=115m",
    ]);
  });

  it("never save more than CPU and memory cost", () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 16n });
    const known = fc.option(amount, { nil: undefined });
    const uses = fc.array(
      fc.record({
        container: fc.string(),
        days: fc.constant(8),
        cpuP95: known,
        cpuP99: known,
        memoryMax: known,
        cpuRequest: known,
        memoryRequest: known,
        isOomKilled: fc.boolean(),
      }),
      { minLength: 1, maxLength: 4 },
    );
    const day = fc.record({
      cpuCost: amount,
      ramCost: amount,
      cpuHours: amount,
      cpuRequestHours: amount,
      ramHours: amount,
      ramRequestHours: amount,
    });
    fc.assert(
      fc.property(uses, day, (containers, figures) => {
        const finding = requestSizes(history("deployment", figures), containers.map(use));
        if (!finding) return;
        const cost = (figures.cpuCost + figures.ramCost) * 10n;
        expect(finding.freed).toBeLessThanOrEqual(cost);
        expect(finding.freed).toBeGreaterThan(0n);
      }),
    );
  });
});
