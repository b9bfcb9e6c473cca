import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { vectorResponse, wholeVector } from "@apportion/readings/prometheus";
import { usageConfig, type PrometheusMeterConfig } from "../config.js";
import { toUsage } from "./parse.js";

const [CONFIG] = usageConfig.parse({
  prometheus: [
    {
      name: "net",
      url: "http://prometheus:9090",
      meter: "network.bytes",
      unit: "bytes",
      query: "sum by (namespace) (increase(x_total[$window]))",
      ownedBy: "namespace",
    },
  ],
}).prometheus as [PrometheusMeterConfig];

const recorded: unknown = JSON.parse(
  readFileSync(new URL("recorded/prom_query_increase.json", import.meta.url), "utf8"),
);

const vector = (...samples: readonly [Record<string, string>, string][]): unknown => ({
  status: "success",
  data: { resultType: "vector", result: samples.map(([metric, value]) => ({ metric, value: [1, value] })) },
});

describe("answers of Prometheus", () => {
  it("reads a genuine vector by namespace", () => {
    const rows = toUsage(wholeVector(vectorResponse.parse(recorded)), CONFIG);
    expect(rows.length).toBeGreaterThan(0);
    expect(
      rows.every(
        ({ namespace, team_label, unit }) => namespace !== "" && team_label === "" && unit === "bytes",
      ),
    ).toBe(true);
  });

  it("adds series of the same owner up, and keeps what has no owner", () => {
    const rows = toUsage(
      wholeVector(
        vectorResponse.parse(
          vector([{ namespace: "a" }, "1.5"], [{ namespace: "a", pod: "x" }, "2"], [{}, "1e3"]),
        ),
      ),
      CONFIG,
    );
    expect(rows.map(({ namespace, quantity }) => [namespace, quantity])).toEqual([
      ["a", "3.5"],
      ["", "1000"],
    ]);
  });

  it("says of which cluster a namespace is, where the configuration or a label does", () => {
    const answer = vectorResponse.parse(
      vector(
        [{ namespace: "a", k8s: "two" }, "1"],
        [{ namespace: "a" }, "2"],
        [{ namespace: "a", k8s: "two" }, "4"],
      ),
    );
    const places = (config: Partial<PrometheusMeterConfig>): unknown[] =>
      toUsage(wholeVector(answer), { ...CONFIG, ...config }).map(({ cluster, quantity }) => [
        cluster,
        quantity,
      ]);
    expect(places({})).toEqual([[undefined, "7"]]);
    expect(places({ cluster: "one" })).toEqual([["one", "7"]]);
    expect(places({ cluster: "one", clusterLabel: "k8s" })).toEqual([
      ["two", "5"],
      ["one", "2"],
    ]);
  });

  it.each(["NaN", "+Inf", "-3"])("refuses %s as a quantity", (value) => {
    expect(() =>
      toUsage(wholeVector(vectorResponse.parse(vector([{ namespace: "a" }, value]))), CONFIG),
    ).toThrow(`is ${value}`);
  });

  it("does not take a partial answer for a whole one", () => {
    const partial = {
      ...(vector([{ namespace: "a" }, "1"]) as object),
      warnings: ["store x is not reachable"],
    };
    expect(() => toUsage(wholeVector(vectorResponse.parse(partial)), CONFIG)).toThrow(
      "not whole: store x is not reachable",
    );
  });

  it("takes an answer for whole on which PromQL only remarks something", () => {
    const remarked = {
      ...(vector([{ namespace: "a" }, "1"]) as object),
      infos: [
        'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "x"',
      ],
      warnings: [
        'PromQL warning: encountered a mix of histograms and floats for "x" (1:5)',
        "PromQL info: seen before 2.53",
      ],
    };
    expect(toUsage(wholeVector(vectorResponse.parse(remarked)), CONFIG)).toHaveLength(1);
    const partial = { ...remarked, warnings: [...remarked.warnings, "No StoreAPIs matched for this query"] };
    expect(() => toUsage(wholeVector(vectorResponse.parse(partial)), CONFIG)).toThrow(
      "not whole: No StoreAPIs matched",
    );
  });

  it("wants a vector, and a query over $window", () => {
    expect(
      vectorResponse.safeParse({ status: "success", data: { resultType: "matrix", result: [] } }).success,
    ).toBe(false);
    expect(usageConfig.safeParse({ prometheus: [{ ...CONFIG, query: "sum(x)" }] }).success).toBe(false);
  });
});
