import { describe, expect, it } from "vitest";
import { COLLECTORS, type AnyCollector } from "./collectors.js";
import {
  apportionConfig,
  apportionJsonSchema,
  dollarOwnersOf,
  neverCloses,
  parseApportionConfig,
  withDerivedReadings,
} from "./config.js";

const parse = (text: string): ReturnType<typeof parseApportionConfig> =>
  parseApportionConfig({
    file: "apportion.yaml",
    text: `teams: [{ id: a, costCenter: "1" }]\naws: { accounts: ["111122223333", "444455556666"] }\n${text}`,
    env: {},
  });

/** Options of a section, for what it is: a section, a list of entries, or one of several kinds. */
function optionsOf(section: string): Record<string, unknown> {
  const { properties = {} } = apportionJsonSchema() as { properties?: Record<string, object> };
  const found: Record<string, unknown> = {};
  const collect = (schema: object): void => {
    const {
      properties: own,
      anyOf,
      oneOf,
    } = schema as { properties?: object; anyOf?: object[]; oneOf?: object[] };
    Object.assign(found, own);
    for (const each of [...(anyOf ?? []), ...(oneOf ?? [])]) collect(each);
  };
  collect(properties[section] ?? {});
  return found;
}

describe("what cannot be", () => {
  it("is refused by naming what there is", () => {
    expect(() =>
      parse("allocation: { close: { accuracyPercentMin: 140, rateVariancePercentMax: 140 } }"),
    ).toThrow(/has a mistake:\n.*:3 {2}allocation.close.accuracyPercentMin: at most 100/);
    expect(() => parse('allocation: { chartOfAccounts: { byCategory: { storage: "4711" } } }')).toThrow(
      /:3 {2}allocation.chartOfAccounts.byCategory.storage: there is no category "storage"; there are cpu, gpu,.* object-storage,/,
    );
    const accounts = '{ object-storage: "4711", idle-gpu: "4712", shared: "4713" }';
    expect(() => parse(`allocation: { chartOfAccounts: { byCategory: ${accounts} } }`)).not.toThrow();
  });
});

describe("a mistake", () => {
  const said = (text: string, env: Record<string, string> = {}): string[] => {
    try {
      parseApportionConfig({ file: "apportion.yaml", text, env });
    } catch (error) {
      return (error as Error).message
        .split("\n")
        .slice(1)
        .map((line) => line.trim());
    }
    return [];
  };

  it("does not hide the next, in another section or beside it", () => {
    const teams = `teams:
  - { id: a, costCenter: 1, owns: [{ namespace: 5, from: 2026-12-01, to: 2026-11-01 }] }
  - { id: b, costCenter: "2" }
  - { id: b, costCenter: "3" }`;
    const text = `${teams}
clusters: [{ id: one, dedicatedTo: a }, { id: two, dedicatedTo: ghost }]
aws: { accounts: ["111122223333", "111122223333", 5] }
usage: {}
allocation:
  policies: [{ pool: ghost, methods: [{ kind: usage, meter: x, meters: [{ meter: y }] }] }, { pool: gone, methods: [{ kind: even }] }]
`;
    expect(said(text)).toEqual([
      "apportion.yaml:2  teams[0].costCenter: has to be a text: put it in quotes",
      "apportion.yaml:2  teams[0].owns[0].namespace: has to be a text: put it in quotes",
      "apportion.yaml:2  teams[0].owns[0]: `from` must lie before `to`",
      "apportion.yaml:6  aws.accounts[2]: has to be a text: put it in quotes",
      "apportion.yaml:6  aws.accounts: an account is named twice",
      "apportion.yaml:7  usage: declare at least one meter under mlflow or prometheus",
      "apportion.yaml:9  allocation.policies[0].methods[0].meters[0].percent: is missing: a text or a number",
      "apportion.yaml:9  allocation.policies[0].methods[0]: name either `meter` or `meters`",
      'apportion.yaml:4  teams[2].id: "b" is named twice',
      'apportion.yaml:5  clusters[1].dedicatedTo: there is no team "ghost"',
      expect.stringContaining(
        'apportion.yaml:9  allocation.policies[1].pool: there is no shared service "gone"',
      ),
    ]);
  });

  it.each([
    ["-5", "may not be negative: -5"],
    ['"-5.00"', "may not be negative: -5.00"],
    [
      "1200.5",
      'an amount stands in quotes, with at most two decimal places and no separators, such as "1200.00"',
    ],
    ['"0.005"', "an amount has at most two decimal places, not those of 0.005"],
    [
      '"1,200"',
      'an amount stands in quotes, with at most two decimal places and no separators, such as "1200.00"',
    ],
  ])("in a budget of %s is answered to the point", (amount, answer) => {
    const text = `teams: [{ id: a, costCenter: "1", budgets: [{ from: 2026-11, amount: ${amount} }] }]`;
    expect(said(text)).toEqual([`apportion.yaml:1  teams[0].budgets[0].amount: ${answer}`]);
  });

  it.each([
    [
      "bill: { lookbackDays: x }",
      [
        "bill.lookbackDays: has to be a number, not a text",
        "bill: needs the section `aws`, which says whose bill is read",
      ],
    ],
    [
      'eventLog: { kind: kafka, brokers: ["k:9092"], tls: { ca: abc } }',
      [expect.stringContaining("eventLog.tls.ca: a secret is given as")],
    ],
    [
      'kubecost: { clusters: { id: main, url: "http://k" } }',
      ["kubecost.clusters: has to be a list, not a section of options"],
    ],
    ["aws: { accounts: { main: 5 } }", ["aws.accounts: has to be a list, not a section of options"]],
    [
      "sharedservices: [{ id: mlflow, owns: [{ namespace: x }] }]\nallocation: { policies: [{ pool: mlflow, methods: [{ kind: even }] }] }",
      ["sharedservices: there is no such option; see `apportion config schema`"],
    ],
    [
      "usages: { mlflow: [{ url: 'http://m' }] }\nsharedServices: [{ id: mlflow, owns: [{ namespace: x }] }]\nallocation: { policies: [{ pool: mlflow, methods: [{ kind: usage, meter: mlflow.runs }] }] }",
      ["usages: there is no such option; see `apportion config schema`"],
    ],
    [
      "sharedServices: { mlflow: { owns: [] } }\nallocation: { policies: [{ pool: mlflow, methods: [{ kind: even }] }] }",
      ["sharedServices: has to be a list, not a section of options"],
    ],
    [
      'allocation: { policies: [{ pool: idle, methods: [{ kind: keep }], to: "2026-06-01" }, { pool: idle, methods: 5, from: "2026-06-01" }] }',
      ["allocation.policies[1].methods: has to be a list, not 5"],
    ],
    [
      "notifier: { smtp: { host: m, security: none, auth: { user: u, password: hunter2 } }, from: a@example.com, finance: [f@example.com] }",
      [
        expect.stringContaining("auth.password: a secret is given"),
        expect.stringContaining("security: a password is never sent"),
      ],
    ],
    [
      'clickhouse: { kind: server, url: "http://u:p@host", password: { env: P } }',
      ["clickhouse.url: user and password do not belong into an address: give username and password"],
    ],
    [
      "sharedServices: [{ id: m, owns: [{ namespace: x }] }]\nclusters: [{ id: a, colour: red }]\nallocation: { policies: [{ pool: m, from: October, methods: [{ kind: even }] }, { pool: m, methods: [{ kind: fixed, teams: { a: 101 } }] }, { pool: idle, methods: [{ kind: usage, meter: m.run }] }] }",
      [
        expect.stringContaining("clusters[0].colour"),
        expect.stringContaining("allocation.policies[0].from"),
        expect.stringContaining("allocation.policies[1].methods[0]: the percentages add up to 101"),
        expect.stringContaining('allocation.policies[2].methods[0]: no collector measures "m.run"'),
      ],
    ],
    [
      "notifier: { smtp: { host: m }, from: a@example.com, finance: f@example.com }",
      ["notifier.finance: has to be a list, not a text"],
    ],
    ["currency: 5", ["currency: has to be a text: put it in quotes"]],
    [
      'clusters: [{ id: a, nodePools: [{ id: gpu, nodes: ["g*"], from: "2026-12-01", to: "2026-11-01" }] }]',
      [expect.stringContaining("clusters[0].nodePools[0]")],
    ],
  ])("is told where it lies, and calls nothing wrong that is right: %s", (text, expected) => {
    const config = `teams: [{ id: a, costCenter: "1" }]\n${text}\n`;
    const found = said(config, { P: "hunter2" }).map((line) => line.replace(/^\S+ +/, ""));
    expect(found).toEqual(expected);
  });

  it("of any kind in any section is told in words for people", () => {
    const wrong = [
      "5",
      "-1",
      "1.5",
      "x",
      "true",
      "null",
      "[]",
      "{}",
      "[5]",
      "[x]",
      "[null]",
      "[{}]",
      "{ a: 1 }",
      "{ kind: x }",
    ];
    const messages = Object.keys(apportionConfig.shape).flatMap((section) =>
      [section, ...Object.keys(optionsOf(section))].flatMap((option) =>
        wrong.flatMap((value) =>
          said(option === section ? `${section}: ${value}` : `${section}: { ${option}: ${value} }`),
        ),
      ),
    );
    expect(messages.length).toBeGreaterThan(1_000);
    const raw = /invalid|expected|received|too (small|big)|[<>]=|undefined|discriminator|\bNaN\b|\bobject\b/i;
    expect(
      [...new Set(messages)].filter((message) => raw.test(message.slice(message.indexOf(": ")))),
    ).toEqual([]);
  });
});

describe("a deployment without a bill", () => {
  const without = (text: string): ReturnType<typeof parseApportionConfig> =>
    parseApportionConfig({
      file: "apportion.yaml",
      text: `teams: [{ id: a, costCenter: "1" }]\nkubecost: { clusters: [{ id: one, url: "http://one" }] }\n${text}`,
      env: {},
    });

  it("says so, or is told that no month can ever be closed", () => {
    expect(neverCloses(without(""))).toContain("no month can ever be closed");
    expect(neverCloses(parse("s3: {}"))).toContain("no month can ever be closed");
    expect(neverCloses(parse("bill: {}"))).toBeUndefined();
    const declared = without("bill: none");
    expect(neverCloses(declared)).toBeUndefined();
    expect(declared).toMatchObject({ isWithoutBill: true });
    expect(declared.bill).toBeUndefined();
    expect(withDerivedReadings(declared).allocation.expectedReadings).toEqual([
      { dataset: "cost", source: "kubecost", scope: "one" },
    ]);
  });

  it("reads no bill beside", () => {
    expect(() => parse("bill: none")).toThrow(
      /:2 {2}aws: is of a bill, and `bill: none` says that there is none/,
    );
  });
});

describe("who charges a part of an account's bill", () => {
  it("is who is configured for it; a cluster is on the bill that it names, or on the first", () => {
    const clusters =
      'kubecost: { clusters: [{ id: one, url: "http://one" }, { id: two, url: "http://two" }] }';
    const ownersOf = (text: string): unknown[] =>
      ["111122223333", "444455556666"].map((account) => [
        ...dollarOwnersOf(withDerivedReadings(parse(`${clusters}\n${text}`))).partOwners(account),
      ]);
    expect(ownersOf("s3: {}")).toEqual([["kubecost", "s3"], ["s3"]]);
    expect(ownersOf('clusters: [{ id: one, account: "444455556666" }]')).toEqual([
      ["kubecost"],
      ["kubecost"],
    ]);
    expect(ownersOf("clusters: [{ id: one, account: none }, { id: two, account: none }]")).toEqual([[], []]);
  });

  it("must be an account whose bill is read", () => {
    expect(() => parse('clusters: [{ id: one, account: "999999999999" }]')).toThrow(
      "no bill of 999999999999 is read",
    );
  });
});

it("refuses to be composed of collectors that would answer for the same thing", () => {
  const [kubecost] = COLLECTORS;
  const another = { ...kubecost, name: "collector-another", section: "another", owns: [] };
  const compose = (change: Partial<AnyCollector>) => () =>
    apportionJsonSchema([...COLLECTORS, { ...another, ...change }]);
  expect(compose({})).not.toThrow();
  expect(compose({ section: "teams" })).toThrow(/The section "teams" is another's already/);
  expect(compose({ name: "collector-s3" })).toThrow(/The service "collector-s3" is another's already/);
  expect(compose({ owns: kubecost.owns })).toThrow(/The source "kubecost" is another's already/);
});

describe("a meter by namespace", () => {
  const clusterOf = (ids: readonly string[], more = ""): unknown => {
    const clusters = ids.map((id) => `{ id: ${id}, url: "http://${id}" }`).join(", ");
    const meter = `{ name: x, url: "http://p", meter: x.y, unit: z, ownedBy: namespace, query: "x[$window]"${more} }`;
    const text = `kubecost: { clusters: [${clusters}] }\nusage: { prometheus: [${meter}] }`;
    return withDerivedReadings(parse(text)).usage?.prometheus[0]?.cluster;
  };

  it("counts those of the only cluster, unless it says otherwise", () => {
    expect(clusterOf(["one"])).toBe("one");
    expect(clusterOf(["one"], ", cluster: elsewhere")).toBe("elsewhere");
    expect(clusterOf(["one", "two"])).toBeUndefined();
  });
});

it("refuses two regions of one cluster", () => {
  const one = (region: string, ofNetwork = "eu-west-1"): string =>
    `network: { prometheus: [{ cluster: one, region: ${ofNetwork}, url: "http://one" }] }
clusters: [{ id: one, region: ${region} }]`;
  expect(() => parse(one("us-east-1"))).toThrow("one is in us-east-1 by its own section");
  expect(() => parse(one("eu-west-1"))).not.toThrow();
  // A region that is not known here has its prefix on the bill.
  expect(() => parse(one("mx-central-1", "MXC1"))).not.toThrow();
  for (const region of ["eu-west-1", "MXC2"])
    expect(() => parse(one(region, "MXC1"))).toThrow(`one is in ${region} by its own section`);
});

it("refuses to charge the network of a cluster whose bill has it", () => {
  const kubecost = 'kubecost: { clusters: [{ id: one, url: "http://one", chargeNetwork: true }] }';
  expect(() => parse(kubecost)).toThrow("its network is on the bill of 111122223333");
  expect(() => parse(`${kubecost}\nclusters: [{ id: one, account: none }]`)).not.toThrow();
});
