import { expect, it } from "vitest";
import { claimOf, grantedBy, nameOf } from "./claims.js";
import { effective, viewerOf } from "./identity.js";

const FROM = {
  rolesFrom: {
    claim: "groups",
    values: { finops: ["finance" as const], leads: ["lead" as const, "operator" as const] },
  },
  teamsFrom: { claim: "realm.teams", values: { s: ["search"], lab: ["genomics", "search"] } },
};

it("maps values of claims that are a text or a list, by name or by a way into them", () => {
  expect(grantedBy({ groups: "leads", realm: { teams: ["lab", "s", 7, null] } }, FROM)).toEqual({
    roles: ["lead", "operator"],
    teams: ["genomics", "search"],
  });
  expect(grantedBy({ groups: ["other", "finops"] }, FROM)).toEqual({ roles: ["finance"], teams: [] });
  for (const groups of [undefined, null, 7, {}, [["finops"]], "finops,leads", "constructor", "__proto__"])
    expect(grantedBy({ groups }, FROM).roles).toEqual([]);
});

it("finds a claim whose name has dots, and nothing that an object has from elsewhere", () => {
  expect(claimOf({ "https://a.example.com/roles": ["x"] }, "https://a.example.com/roles")).toEqual(["x"]);
  expect(claimOf({ a: "text" }, "a.length")).toBeUndefined();
  expect(claimOf({}, "constructor.name")).toBeUndefined();
});

it("calls somebody by what the provider has", () => {
  expect(nameOf({ name: " ", email: "fay@example.com" }, "sub-1")).toBe("fay@example.com");
  expect(nameOf({ name: 7 }, "sub-1")).toBe("sub-1");
});

it("shows names of protected teams to who leads them, and to finance where the configuration says so", () => {
  const teams = ["search", "genomics"].map((id) => ({ id })) as never;
  const seen = (roles: readonly never[], led: readonly string[], shownTo: readonly string[] = []) =>
    viewerOf(effective({ roles, teams: led }, { teams }), shownTo);
  const roles = (...names: string[]) => names as never[];
  expect(seen(roles("finance"), [])).toEqual({ teams: "all", namesOf: [] });
  expect(seen(roles("finance"), [], ["finance"])).toEqual({ teams: "all", namesOf: "all" });
  expect(seen(roles("analyst"), ["genomics"], ["finance"])).toEqual({ teams: "all", namesOf: [] });
  expect(seen(roles("operator", "lead"), ["genomics", "gone"], ["finance"])).toEqual({
    teams: "all",
    namesOf: ["genomics"],
  });
  expect(seen(roles("lead"), ["genomics"])).toEqual({ teams: ["genomics"], namesOf: ["genomics"] });
  expect(seen(roles("lead"), ["gone"])).toEqual({ teams: [], namesOf: [] });
  expect(effective({ roles: roles("lead"), teams: ["gone"] }, { teams })).toEqual({ roles: [], teams: [] });
});
