import { describe, expect, it } from "vitest";
import { parsePicos } from "@apportion/domain/money";
import { addDays, parseDay } from "@apportion/domain/period";
import { advise, type AdviceContext, type KnownHistory } from "../advise.js";
import { namespaceKey } from "../namespaces.js";
import type { QuotaDay, QuotaUse } from "../quota-use.js";
import { history } from "./examples.js";
import { quotaAboveUse } from "./quota-above-use.js";

const p = parsePicos;
const of = (hard: string, used: string): QuotaDay["cpu"] => ({ hard: p(hard), used: p(used) });
const NONE = { cpu: undefined, memory: undefined, gpus: undefined };

function quota(day: Partial<QuotaDay>, name = "compute", last: Partial<QuotaDay> = {}): QuotaUse {
  const days = Array.from({ length: 8 }, (_, index) => ({
    ...NONE,
    ...day,
    ...(index === 7 && last),
    day: addDays(parseDay("2026-11-03"), index),
  }));
  return { cluster: "eu", namespace: "team-a", name, days };
}

const found = (one: QuotaUse, ...others: QuotaUse[]) =>
  quotaAboveUse(one, [one, ...others], one.name, p("450"));

describe("a quota far above use", () => {
  it("is lowered to half more than was requested at most, in whole cores, GiB and GPUs, and saves nothing by itself", () => {
    const day = { cpu: of("80", "5"), memory: of("320", "20"), gpus: of("8", "0") };
    const finding = found(quota(day, "compute", { cpu: of("80", "6.3") }));
    expect(finding).toMatchObject({
      kind: "quota-above-use",
      subject: { cluster: "eu", namespace: "team-a", controllerKind: "resourcequota", controller: "compute" },
      since: "2026-11-03",
      until: "2026-11-10",
      cash: 0n,
      freed: 0n,
      because: expect.stringContaining("saves nothing by itself") as string,
    });
    expect(finding?.quantities.map(({ what, picos, unit }) => [what, picos / p("0.1"), unit])).toEqual([
      ["allowed", 800n, "cores"],
      ["requested at most", 63n, "cores"],
      ["enough", 100n, "cores"],
      ["allowed", 3200n, "GiB"],
      ["requested at most", 200n, "GiB"],
      ["enough", 300n, "GiB"],
      ["allowed", 80n, "GPUs"],
      ["requested at most", 0n, "GPUs"],
      ["enough", 10n, "GPUs"],
      ["that the namespace costs", 4500n, "currency"],
    ]);
    expect(finding?.change).toContain(
      `kubectl --context eu -n team-a patch resourcequota compute --type merge -p '{"spec":{"hard":{"requests.cpu":"10","requests.memory":"30Gi","requests.nvidia.com/gpu":"1"}}}'`,
    );
  });

  it("is said of half and less on every day, and of nothing between", () => {
    expect(found(quota({ cpu: of("80", "40") }))).toBeDefined();
    expect(found(quota({ cpu: of("80", "5") }, "compute", { cpu: of("80", "40.1") }))).toBeUndefined();
  });

  it("once lowered as advised is not said any more", () => {
    expect(found(quota({ cpu: of("80", "6") }, "compute", { cpu: of("9", "6") }))).toBeUndefined();
    expect(found(quota({ gpus: of("8", "0") }, "compute", { gpus: of("1", "0") }))).toBeUndefined();
  });

  it.each([
    ["allows nothing", { cpu: of("0", "0") }],
    ["allows less than nothing", { cpu: of("-80", "-90") }],
    ["is used by less than nothing", { cpu: of("80", "-1") }],
    ["is used beyond its limit, since it was lowered", { cpu: of("10", "80") }],
    ["limits nothing that is measured", {}],
    ["leaves less than a small node", { cpu: of("4", "0.5"), memory: of("16", "1"), gpus: of("1", "0") }],
  ])("is none where it %s", (_, day) => {
    expect(found(quota(day))).toBeUndefined();
  });

  it("is none where a day is missing or not known, whatever the others say", () => {
    const far = quota({ cpu: of("80", "5") });
    expect(found({ ...far, days: far.days.slice(1) })).toBeUndefined();
    expect(found(quota({ cpu: of("80", "5") }, "compute", NONE))).toBeUndefined();
    expect(found({ ...far, days: [] })).toBeUndefined();
  });

  it("that counts the pods of a lower one keeps no room; one with a use of its own, as by its scope, does", () => {
    const high = quota({ cpu: of("80", "5") });
    const same = quota({ cpu: of("40", "5") }, "lower");
    expect([found(high, same), found(same, high)?.change.includes('"requests.cpu":"8"')]).toEqual([
      undefined,
      true,
    ]);
    const scoped = quota({ cpu: of("40", "2") }, "scoped");
    expect([found(high, scoped), found(scoped, high)].every((each) => each !== undefined)).toBe(true);
    const twin = quota({ cpu: of("80", "5") }, "twin");
    expect([found(high, twin) !== undefined, found(twin, high)]).toEqual([true, undefined]);
  });

  it("has names that a shell takes for a name, also where it is hidden", () => {
    const one = quota({ cpu: of("80", "5") }, "x'; rm -rf ~");
    expect(quotaAboveUse(one, [one], "hidden (hipaa)", 0n)?.change).toContain(
      "resourcequota 'hidden (hipaa)' ",
    );
    expect(found(one)?.change).toContain(String.raw`resourcequota 'x'\''; rm -rf ~' `);
  });
});

describe("advice on quotas", () => {
  const far = quota({ cpu: of("80", "5") });
  const context: AdviceContext = {
    registry: {
      teams: [],
      sharedServices: [],
      dedicatedClusters: [],
      nodePools: [],
      rules: [
        { owner: { kind: "team", id: "a" }, match: { teamLabel: "a" } },
        { owner: { kind: "system", id: "system" }, match: { teamLabel: "kube" } },
      ],
    },
    days: history().days.map(({ day }) => day),
    clusters: [],
    buckets: [],
    quotas: new Map([[namespaceKey(far), [far]]]),
    minimum: p("10"),
  };
  const known = (cost: string, teamLabel = "a", hidden: Partial<KnownHistory> = {}): KnownHistory => ({
    history: { ...history(), controller: `of-${teamLabel}`, teamLabel, days: [] },
    trueController: `of-${teamLabel}`,
    trueLabel: teamLabel,
    costCenter: "",
    first: parseDay("2026-11-01"),
    last: parseDay("2026-11-10"),
    cost: p(cost),
    ...hidden,
  });
  const advised = (...histories: KnownHistory[]) =>
    advise(context, histories).filter(({ kind }) => kind === "quota-above-use");

  it("is whose the dearest part of the namespace is, at what all of it costs a month", () => {
    const parts = [known("6"), known("5", "stranger")];
    expect(advised(...parts)).toMatchObject([
      { owner: { kind: "team", id: "a" }, cost: p("33"), cash: 0n, freed: 0n },
    ]);
    expect(advised(...parts.toReversed())).toEqual(advised(...parts));
    expect(advised(known("6"), known("7", "stranger"))).toMatchObject([{ owner: { kind: "nobody" } }]);
  });

  it("is not said where the namespace costs less than the minimum, nothing, or is the system's", () => {
    expect([advised(known("3.3")), advised(known("-50")), advised(), advised(known("60", "kube"))]).toEqual([
      [],
      [],
      [],
      [],
    ]);
  });

  it("hides the name where anything in the namespace is hidden, and stays the same", () => {
    const [shown] = advised(known("6"));
    const [hidden] = advised(known("6"), known("1", "stranger", { hiddenAs: "hidden (pci)" }));
    expect([shown?.subject.controller, hidden?.subject.controller]).toEqual(["compute", "hidden (pci)"]);
    expect([hidden?.id, hidden?.trueController]).toEqual([shown?.id, "compute"]);
    expect(hidden?.change).not.toContain("compute");
  });
});
