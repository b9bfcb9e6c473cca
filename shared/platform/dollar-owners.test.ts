import { describe, expect, it } from "vitest";
import { accountOf } from "@apportion/domain/tenancy";
import { dollarOwners, type DollarOwners, type OwnedDollars } from "./dollar-owners.js";

const ACCOUNT = "111122223333";
const OTHER = "444455556666";
const owned: OwnedDollars[] = [
  { source: "machines", billOf: (cluster, registry) => accountOf(registry, cluster) },
  { source: "storage", billOf: (account) => account },
  {
    source: "bill",
    ownerOf: (service) => (service === "Storage" ? "storage" : service === "Machines" ? "machines" : "bill"),
    comesAtOnce: true,
  },
  { source: "supplier" },
];
const registry = { accounts: { byDefault: ACCOUNT, named: [{ cluster: "own", account: "none" }] } };

/** Where the sources are expected to be read, each in one scope. */
const owners = (expected: Readonly<Record<string, string>>): DollarOwners =>
  dollarOwners(
    owned,
    Object.entries(expected).map(([source, scope]) => ({ dataset: "cost", source, scope })),
    registry,
  );

describe("who charges a part of a bill", () => {
  it("is who a day of the account is incomplete without", () => {
    const { partOwners } = owners({ storage: ACCOUNT, machines: "one" });
    expect([...partOwners(ACCOUNT)]).toEqual(["machines", "storage"]);
    expect([...partOwners(OTHER)]).toEqual([]);
    expect([...owners({ machines: "own" }).partOwners(ACCOUNT)]).toEqual([]);
  });

  it("is not who charges the rest of it, or a bill of its own", () => {
    expect([...owners({ bill: ACCOUNT, supplier: ACCOUNT }).partOwners(ACCOUNT)]).toEqual([]);
  });
});

it("a line that was nobody's is charged elsewhere once the source it belongs to is there", () => {
  const line = { source: "bill", scope: ACCOUNT, service: "Storage", usageType: "" };
  const { isChargedElsewhere } = owners({ storage: ACCOUNT, bill: ACCOUNT });
  expect(isChargedElsewhere(line)).toBe(true);
  expect(isChargedElsewhere({ ...line, scope: OTHER })).toBe(false);
  expect(isChargedElsewhere({ ...line, service: "Machines" })).toBe(false);
  expect(isChargedElsewhere({ ...line, service: "Keys" })).toBe(false);
  expect(isChargedElsewhere({ ...line, source: "supplier" })).toBe(false);
});

it("only of what says so a day may cost many times the usual", () => {
  expect(["bill", "supplier", "unknown"].map(owners({}).comesAtOnce)).toEqual([true, false, false]);
});
