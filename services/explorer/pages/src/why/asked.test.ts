import type { Day } from "@apportion/domain/period";
import { expect, it } from "vitest";
import { type Asked, askedOf, exploredAs, narrowing, type Scope, whyOf, whyText } from "./asked.js";

const scope = (from: string, to: string, filters: Scope["filters"]): Scope => ({
  from: from as Day,
  to: to as Day,
  filters,
});
const november = (filters: Scope["filters"]): Scope => scope("2026-11-01", "2026-12-01", filters);

it("is in the address as it was asked, whatever is in the names", () => {
  const asked: Asked[] = [
    { team: "search", month: "2026-11" },
    { team: "a/b:c", month: "2026-11", line: 4, day: "2026-11-05" },
    {
      team: "search",
      month: "2026-11",
      of: [
        ["pool", "idle/eu-1/a:100"],
        ["category", ""],
        ["days", "2026-11-01_2026-11-03"],
      ],
    },
  ];
  for (const each of asked) expect(whyOf(whyText(each))).toEqual(each);
});

it("takes an address that is none for none", () => {
  for (const text of ["", "search", "search/2026-13", "search/nonsense/1", "/2026-11"])
    expect([text, whyOf(text)]).toEqual([text, undefined]);
  expect(whyOf("search/2026-11/%E0%A4%A")).toEqual({ team: "search", month: "2026-11" });
});

it("can be asked of what is one payer's and of one month, and of nothing else", () => {
  expect(askedOf(november([["team", ["search"]]]))).toEqual({ team: "search", month: "2026-11" });
  expect(
    askedOf(
      scope("2026-11-01", "2026-11-03", [
        ["costCenter", ["cc-web"]],
        ["basis", ["direct", "idle"]],
        ["team", ["search"]],
      ]),
    ),
  ).toEqual({
    team: "search",
    month: "2026-11",
    of: [
      ["basis", "direct"],
      ["basis", "idle"],
      ["days", "2026-11-01_2026-11-02"],
    ],
  });
  expect(askedOf(november([["category", ["cpu"]]]))).toBeUndefined();
  expect(askedOf(november([["team", ["search", "checkout"]]]))).toBeUndefined();
  expect(askedOf(scope("2026-10-20", "2026-11-03", [["team", ["search"]]]))).toBeUndefined();
});

it("tells lines of a statement from others, and names what lines do not tell apart", () => {
  const asked: Asked = {
    team: "search",
    month: "2026-11",
    of: [
      ["category", "cpu"],
      ["pool", ""],
      ["namespace", "team-search"],
      ["days", "2026-11-02_2026-11-02"],
    ],
  };
  const { isWanted, finer, days } = narrowing(asked);
  expect(isWanted({ category: "cpu", basis: "direct", pool: "" })).toBe(true);
  expect(isWanted({ category: "cpu", basis: "shared", pool: "mlflow" })).toBe(false);
  const { isWanted: isOfNamespace } = narrowing({ ...asked, of: [["namespace", "team-search"]] });
  expect(isOfNamespace({ category: "shared", basis: "shared", pool: "mlflow" })).toBe(false);
  expect([finer, days]).toEqual([[["namespace", "team-search"]], ["2026-11-02", "2026-11-02"]]);
  expect(exploredAs(asked)).toEqual({
    month: "2026-11",
    team: "search",
    category: ["cpu"],
    pool: [""],
    namespace: ["team-search"],
    group: "cluster",
    from: "2026-11-02",
    to: "2026-11-02",
  });
});
