import { expect, it } from "vitest";
import { Secret } from "@apportion/runtime/secret";
import { checkExplorer, explorerConfig } from "./config.js";

const SIGN_IN = {
  issuer: "https://login.example.com/realms/company",
  clientId: "apportion",
  clientSecret: new Secret("the-secret-of-a-client"),
  publicUrl: "https://costs.example.com/",
  rolesFrom: { claim: "groups", values: { finops: ["finance"] } },
};
const token = (name: string, secret: string, others: object = {}): object => ({
  name,
  secret: new Secret(secret),
  roles: ["analyst"],
  ...others,
});

/** Where what is wrong is, and what it says. */
function mistakesOf(written: object): string[] {
  const { error } = explorerConfig.safeParse(written);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

it("answers this machine alone, unless people sign in", () => {
  expect(explorerConfig.parse({})).toEqual({ host: "127.0.0.1", tokens: [] });
  expect(mistakesOf({ host: "::1" })).toEqual([]);
  for (const host of ["0.0.0.0", "10.0.0.1", "::"]) {
    expect(mistakesOf({ host })).toEqual([
      expect.stringMatching(/^host: without `explorer.signIn` anybody .*127\.0\.0\.1$/),
    ]);
    expect(mistakesOf({ host, signIn: SIGN_IN })).toEqual([]);
  }
  expect(mistakesOf({ tokens: [token("invoicing", "x".repeat(32))] })).toEqual([
    expect.stringMatching(/^tokens: are for where people sign in/),
  ]);
});

it.each([
  [{ issuer: "http://login.example.com" }, /^signIn.issuer: begins with https/],
  [{ issuer: "https://me:secret@login.example.com" }, /^signIn.issuer: user and password/],
  [{ publicUrl: "http://costs.example.com" }, /^signIn.publicUrl: begins with https/],
  [{ publicUrl: "https://costs.example.com/pages" }, /^signIn.publicUrl: .*without a path/],
  [{ publicUrl: "costs.example.com" }, /^signIn.publicUrl: an address that begins with https/],
  [{ sessionKey: new Secret("short") }, /^signIn.sessionKey: a secret of at least 32 characters/],
  [{ rolesFrom: { claim: "groups", values: { finops: ["admin"] } } }, /^signIn.rolesFrom.values.finops.0: /],
  [{ sessionHours: 25 }, /^signIn.sessionHours: /],
])("refuses a sign-in with %j", (others, expected) => {
  expect(mistakesOf({ signIn: { ...SIGN_IN, ...others } })).toEqual([expect.stringMatching(expected)]);
});

it("takes a provider on this machine without https, and keeps the origin of the public address", () => {
  const local = { ...SIGN_IN, issuer: "http://127.0.0.1:3000", publicUrl: "http://localhost:8480/" };
  expect(explorerConfig.parse({ signIn: local }).signIn?.publicUrl).toBe("http://localhost:8480");
});

it("refuses tokens that anybody could guess, or that are two programs'", () => {
  expect(mistakesOf({ signIn: SIGN_IN, tokens: [token("a", "x".repeat(31))] })).toEqual([
    expect.stringMatching(/^tokens.0.secret: a secret of at least 32/),
  ]);
  expect(
    mistakesOf({ signIn: SIGN_IN, tokens: ["a", "b"].map((name) => token(name, "x".repeat(32))) }),
  ).toEqual(["tokens.1.secret: is another program's too"]);
  expect(
    mistakesOf({ signIn: SIGN_IN, tokens: [token("a", "x".repeat(32)), token("a", "y".repeat(32))] }),
  ).toEqual(["tokens: two have the same name"]);
});

it("names teams that are not there, and leads of none", () => {
  const explorer = explorerConfig.parse({
    signIn: {
      ...SIGN_IN,
      rolesFrom: { claim: "groups", values: { leads: ["lead"] } },
      teamsFrom: { claim: "groups", values: { "team-x": ["search", "serch"] } },
    },
    tokens: [
      token("a", "x".repeat(32), { roles: ["lead"], teams: ["gone"] }),
      token("b", "y".repeat(32), { roles: ["lead"] }),
    ],
  });
  const said = (of: typeof explorer): string[] =>
    checkExplorer({ teams: [{ id: "search" }], explorer: of }).map(
      ({ path, message }) => `${path.join(".")}: ${message}`,
    );
  expect(said(explorer)).toEqual([
    'explorer.signIn.teamsFrom.values.team-x.1: there is no team "serch"',
    'explorer.tokens.0.teams.0: there is no team "gone"',
    "explorer.tokens.1.teams: of a lead there must be some",
  ]);
  const { teamsFrom: _, ...signIn } =
    explorer.signIn ?? explorerConfig.parse({ signIn: SIGN_IN }).signIn ?? fail();
  expect(said({ ...explorer, signIn, tokens: [] })).toEqual([
    expect.stringMatching(/^explorer.signIn.rolesFrom: gives the role lead, and no `teamsFrom`/),
  ]);
});

function fail(): never {
  throw new Error("There is a sign-in");
}
