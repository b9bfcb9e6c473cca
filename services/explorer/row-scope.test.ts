import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DIMENSIONS } from "@apportion/books/costs/question";
import { insertRows } from "@apportion/clickhouse/insert";
import { Secret } from "@apportion/runtime/secret";
import { explorerConfig } from "./config.js";
import { createApp } from "./server/app.js";
import type { ExplorerApp } from "./server/question.js";
import { BOOKS_TIMEOUT_MS, openTestBooks, type TestBooks } from "./testing/books.js";

/** Who leads a team gets nothing of another: in no answer, by no parameter, in no message. Each question of the API is asked. */

const HOST = "costs.example.com";
const tokenOf = (who: string): string => `token-of-${who}-${"x".repeat(32)}`;
const WHO = {
  finance: { roles: ["finance"], teams: [] },
  analyst: { roles: ["analyst"], teams: [] },
  operator: { roles: ["operator"], teams: [] },
  search: { roles: ["lead"], teams: ["search"] },
  checkout: { roles: ["lead"], teams: ["checkout"] },
  genomics: { roles: ["lead"], teams: ["genomics"] },
  scientist: { roles: ["analyst", "lead"], teams: ["genomics"] },
} as const;
type Who = keyof typeof WHO;
const TEAMS = ["search", "checkout", "genomics"] as const;
/** What is a team's alone: its id, in which its namespace is, and workloads that no other has. */
const OF = {
  search: /search/i,
  checkout: /checkout|shop/i,
  genomics: /genomics|patients|cc-lab/i,
} as const;
/** What nobody's team has. */
const OF_NOBODY = /somewhere|nobodys/;

let books: TestBooks;
let app: ExplorerApp;
/** The same where the configuration shows names of protected teams in their own reports. */
let telling: ExplorerApp;
beforeAll(async () => {
  books = await openTestBooks();
  const { signIn, tokens } = explorerConfig.parse({
    signIn: {
      issuer: "http://127.0.0.1:1",
      clientId: "unused",
      clientSecret: new Secret("unused-and-never-sent-anywhere"),
      publicUrl: `https://${HOST}`,
      rolesFrom: { claim: "groups", values: {} },
    },
    tokens: Object.entries(WHO).map(([name, granted]) => ({
      name,
      secret: new Secret(tokenOf(name)),
      ...granted,
    })),
  });
  app = createApp(books.deps, { signIn, tokens });
  telling = createApp({ ...books.deps, namesShownTo: ["team"] }, { signIn, tokens });
}, BOOKS_TIMEOUT_MS);
afterAll(() => books.close());

async function ask(
  who: Who,
  path: string,
  body?: object,
  asked = app,
): Promise<{ status: number; text: string }> {
  const response = await asked.request(path, {
    headers: { host: HOST, authorization: `Bearer ${tokenOf(who)}` },
    ...(body && { method: "POST", body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

async function json<T>(who: Who, path: string, body?: object): Promise<T> {
  const { status, text } = await ask(who, path, body);
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  return JSON.parse(text) as T;
}

/** Every question, with parameters that could lead to others. `OTHER` is each payer that the asker does not see. */
const QUESTIONS: Readonly<Record<string, readonly string[]>> = {
  "/api/v1/me": [""],
  "/api/v1/months": [""],
  "/api/v1/overview": ["?month=2026-10", "?month=2026-11"],
  "/api/v1/months/{month}/movers": [""],
  "/api/v1/months/{month}/report": ["", "?part=figures"],
  "/api/v1/teams/{team}/months/{month}/report": ["", "?part=figures"],
  "/api/v1/months/{month}/shared-services": [""],
  "/api/v1/costs": [
    ...DIMENSIONS.map((name) => `?from=2026-10-01&to=2026-12-01&groupBy=${name}`),
    "?from=2026-10-05&to=2026-11-03&step=day&groupBy=team,namespace,category,pool",
    "?from=2026-10-01&to=2026-11-01&team=OTHER",
    "?from=2026-10-01&to=2026-11-01&team=OTHER&team=search&groupBy=team,pool",
    "?from=2026-10-01&to=2026-11-01&groupBy=namespace&namespace=team-OTHER",
    "?from=2026-10-03&to=2026-10-09&groupBy=team&costCenter=cc-web&costCenter=cc-lab",
    "?from=2026-10-01&to=2026-11-01&compliance=hipaa&groupBy=team",
  ],
  "/api/v1/workloads": [
    ...["search", "checkout", "genomics"].map((team) => `?from=2026-10-30&to=2026-11-02&team=${team}`),
    "?from=2026-10-03&to=2026-11-03&team=OTHER",
    "?from=2026-10-01&to=2026-11-01&team=OTHER&cluster=one",
    "?from=2026-10-30&to=2026-11-02&team=search&namespace=team-OTHER",
  ],
  "/api/v1/compare": ["?before=2026-10&after=2026-11", "?before=2026-10&after=2026-11&team=OTHER"],
  "/api/v1/teams/{team}/months/{month}/statement": [""],
  "/api/v1/teams/{team}/months/{month}/lines/{line}": [""],
  "/api/v1/recommendations": ["", "?team=OTHER"],
  "/api/v1/forecast": ["?month=2026-11", "?month=2026-11&team=OTHER"],
  "/api/v1/policies": [""],
  "/api/v1/months/{month}/gates": [""],
  "/api/v1/months/{month}/reconciliation": [""],
  "/api/v1/journals": ["", "?month=2026-10"],
  "/api/v1/months/{month}/readings": [""],
  "/api/v1/quarantine": ["?all=true"],
  "/api/v1/decisions": [""],
};
/** What people decide: no program does, whatever it may see. */
const DECISIONS: Readonly<Record<string, object>> = {
  "/api/v1/decisions": { act: "close", about: "2026-11" },
  "/api/v1/decisions/{id}/approve": {},
  "/api/v1/decisions/{id}/withdraw": {},
  "/api/v1/adjustments": { from: "search", to: "checkout", amount: "1", month: "2026-10", reason: "any" },
  "/api/v1/recommendations/{id}/decision": { decision: "accepted" },
};
/** Beside the API's own description. */
const OTHERS = {
  "/api/v1/costs.csv": [
    "?from=2026-10-01&to=2026-11-01&groupBy=team,namespace",
    "?from=2026-10-01&to=2026-11-01&team=OTHER",
  ],
  "/allocation": [
    "?window=2026-10-01,2026-11-01&aggregate=namespace&includeIdle=true",
    "?window=2026-10-01,2026-11-01&aggregate=label:team,cluster&includeIdle=true&accumulate=true",
  ],
  "/allocation/compute": ["?window=2026-10-01,2026-11-01&aggregate=label:team&includeIdle=true"],
};

function pathsFor(own: string, others: readonly string[]): string[] {
  return Object.entries({ ...QUESTIONS, ...OTHERS }).flatMap(([path, searches]) =>
    searches.flatMap((search) => {
      const made = (path.includes("{line}") ? ["2026-10"] : ["2026-10", "2026-11"]).flatMap((month) =>
        (path.includes("{team}") ? [own, ...others] : [""]).flatMap((team) =>
          (path.includes("{line}") ? [1, 2, 3] : [0]).flatMap((line) =>
            (search.includes("OTHER") ? others : [""]).map((other) =>
              `${path}${search}`
                .replace("{month}", month)
                .replace("{team}", team)
                .replace("{line}", String(line))
                .replaceAll("OTHER", other),
            ),
          ),
        ),
      );
      return [...new Set(made)];
    }),
  );
}

it("asks every question there is", async () => {
  const { paths } = await json<{ paths: Record<string, object> }>("finance", "/api/v1/openapi.json");
  const asked = new Set([...Object.keys(QUESTIONS), ...Object.keys(DECISIONS), "/api/v1/simulations"]);
  expect(Object.keys(paths).toSorted()).toEqual([...asked].toSorted());
});

it("lets no program decide, and tells it nothing of what there is to decide", async () => {
  for (const [path, body] of Object.entries(DECISIONS))
    for (const who of ["finance", "operator", "analyst", "search"] as const) {
      const { status, text } = await ask(who, path.replace("{id}", "any"), body);
      expect([path, who, status]).toEqual([path, who, 403]);
      expect(text).toContain("A program does not decide");
    }
});

describe.each(TEAMS)("who leads %s", (own) => {
  const strangers = TEAMS.filter((team) => team !== own);
  const foreign = [...strangers.map((team) => OF[team]), OF_NOBODY];

  it(
    "reads nothing of others in any answer",
    async () => {
      const amounts = new Set<string>();
      for (const team of [...strangers, "unallocated"])
        for (const month of ["2026-10", "2026-11"]) {
          const { total, lines } = await json<{ total: string; lines: { amount: string; exact: string }[] }>(
            "finance",
            `/api/v1/teams/${team}/months/${month}/statement`,
          );
          for (const text of [total, ...lines.map(({ exact }) => exact)])
            if (text.length > 4) amounts.add(text);
        }
      const answered = new Map<number, number>();
      for (const path of pathsFor(own, [...strangers, "unallocated", "idle", "corporate", "no-such-team"])) {
        const { status, text } = await ask(own, path);
        answered.set(status, (answered.get(status) ?? 0) + 1);
        // What was asked for may be said again, in a file's own filters.
        const shown = path.startsWith("/api/v1/costs.csv") ? text.replace(/^"?Filters"?,.*$/m, "") : text;
        for (const name of foreign) expect([path, name.exec(shown)?.[0]]).toEqual([path, undefined]);
        for (const amount of amounts) expect([path, shown.includes(`"${amount}"`)]).toEqual([path, false]);
      }
      // Of what may be asked much is answered, and nothing fails.
      expect(answered.get(200)).toBeGreaterThan(30);
      expect(new Set(answered.keys())).toEqual(new Set([200, 403]));
    },
    BOOKS_TIMEOUT_MS,
  );

  it("hears the same of a team that there is and of one that there is not", async () => {
    for (const path of [
      "/api/v1/teams/TEAM/months/2026-10/statement",
      "/api/v1/teams/TEAM/months/2026-10/lines/1",
      "/api/v1/teams/TEAM/months/2026-10/report",
      "/api/v1/compare?before=2026-10&after=2026-11&team=TEAM",
      "/api/v1/workloads?from=2026-10-01&to=2026-11-01&team=TEAM",
      "/api/v1/forecast?month=2026-11&team=TEAM",
      "/api/v1/recommendations?team=TEAM",
      "/api/v1/costs?from=2026-10-01&to=2026-11-01&groupBy=team&team=TEAM",
    ]) {
      const unknown = await ask(own, path.replace("TEAM", "no-such-team"));
      for (const team of strangers) expect(await ask(own, path.replace("TEAM", team))).toEqual(unknown);
    }
  });

  it("tries policies for themselves, and finds out nothing of others by them", async () => {
    const simulate = (policies: string): Promise<{ status: number; text: string }> =>
      ask(own, "/api/v1/simulations", { month: "2026-10", policies });
    const even = await simulate("policies:\n  - pool: mlflow\n    methods: [{ kind: even }]\n");
    const { teams, total, moved } = JSON.parse(even.text) as {
      teams: { team: string; difference: string }[];
      total?: object;
      moved: { more: string; less: string }[];
    };
    expect([even.status, teams.map(({ team }) => team), total]).toEqual([200, [own], undefined]);
    // What moves is theirs: all of it together is what they pay more, but for what is rounded of each.
    const net = moved.reduce((sum, { more, less }) => sum + Number(more) - Number(less), 0);
    expect(moved.length).toBeGreaterThan(0);
    expect(Math.abs(net - Number(teams[0]?.difference))).toBeLessThan(0.01 * (moved.length + 1));
    for (const name of foreign) expect(name.exec(even.text)).toBeNull();
    const exempt = (team: string): string =>
      `policies:\n  - pool: mlflow\n    methods: [{ kind: even }]\n    exempt: [${team}]\n`;
    const unknown = await simulate(exempt("no-such-team"));
    expect(unknown.status).toBe(400);
    for (const team of strangers) {
      const refused = await simulate(exempt(team));
      expect({ ...refused, text: refused.text.replaceAll(team, "no-such-team") }).toEqual(unknown);
    }
  });

  it("has the same total in every answer", async () => {
    const month = "2026-10";
    const { total } = await json<{ total: string }>(own, `/api/v1/teams/${own}/months/${month}/statement`);
    const costs = await json<{ total: { amount: string } }>(
      own,
      "/api/v1/costs?from=2026-10-01&to=2026-11-01",
    );
    const overview = await json<{ total: string; teams: object[] }>(own, `/api/v1/overview?month=${month}`);
    expect([costs.total.amount, overview.total, overview.teams.length]).toEqual([total, total, 1]);
  });
});

/** Each line of a statement, explained. */
async function explained(who: Who, team: string): Promise<string> {
  const at = `/api/v1/teams/${team}/months/2026-10`;
  const { lines } = await json<{ lines: object[] }>(who, `${at}/statement`);
  const texts = await Promise.all(
    lines.map(async (_, index) => (await ask(who, `${at}/lines/${index + 1}`)).text),
  );
  return texts.join("\n");
}

it("names workloads of a protected team to who leads it, and to nobody else while finance is not shown them", async () => {
  expect(await explained("genomics", "genomics")).toContain("patients");
  for (const who of ["finance", "operator"] as const) {
    const text = await explained(who, "genomics");
    expect(text).toContain("hidden (hipaa)");
    expect(text).not.toContain("patients");
    for (const path of [
      "/api/v1/overview?month=2026-11",
      "/api/v1/months/2026-11/report",
      "/api/v1/teams/genomics/months/2026-11/report",
      "/api/v1/compare?before=2026-10&after=2026-11&team=genomics",
      "/api/v1/workloads?from=2026-10-01&to=2026-11-01&team=genomics",
      "/api/v1/recommendations?team=genomics",
    ])
      expect([path, (await ask(who, path)).text.includes("patients")]).toEqual([path, false]);
  }
  expect(await explained("analyst", "checkout")).toContain("shop");
});

it("names them in the team's own report, to who leads it, where the configuration says so", async () => {
  const own = ["/api/v1/teams/genomics/months/2026-11/report", "/api/v1/months/2026-11/movers"];
  for (const path of own) {
    for (const who of ["genomics", "scientist"] as const) {
      const [hidden, told] = [await ask(who, path), await ask(who, path, undefined, telling)];
      expect([who, path, hidden.text.includes("patients"), told.text.includes("patients")]).toEqual([
        who,
        path,
        false,
        true,
      ]);
    }
    for (const who of ["finance", "analyst", "operator"] as const)
      expect(await ask(who, path, undefined, telling)).toEqual(await ask(who, path));
  }
  for (const who of ["scientist", "finance"] as const)
    for (const path of ["/api/v1/months/2026-11/report", "/api/v1/overview?month=2026-11"])
      expect([who, path, (await ask(who, path, undefined, telling)).text.includes("patients")]).toEqual([
        who,
        path,
        false,
      ]);
});

it("shows everybody's to finance, analysts and operators", async () => {
  for (const who of ["finance", "analyst", "operator"] as const) {
    const { teams, beside } = await json<{ teams: object[]; beside: object[] }>(
      who,
      "/api/v1/overview?month=2026-10",
    );
    expect([teams.length, beside.length]).toEqual([3, 3]);
    for (const path of ["/api/v1/journals", "/api/v1/quarantine", "/api/v1/months/2026-10/reconciliation"])
      expect([path, (await ask(who, path)).status]).toEqual([path, 200]);
  }
});

it("says what is wrong with a reading, which may name a workload, to nobody who may not read such names", async () => {
  const reading = {
    dataset: "workload-utilisation",
    source: "prometheus",
    scope: "eu-1",
    charge_period_start: "2026-11-03 00:00:00",
    charge_period_end: "2026-11-04 00:00:00",
    reason: "Prometheus says that genomics/patients-etl used 9e99 cores",
  };
  await insertRows(books.deps.clickhouse, "quarantined_readings", [reading], { token: "q-patients" });
  for (const who of ["finance", "analyst", "operator"] as const) {
    const { text } = await ask(who, "/api/v1/quarantine?all=true");
    expect(text).not.toContain("patients-etl");
    expect(text).toContain("see `apportion quarantine show ");
  }
});
