import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ClickHouse } from "@apportion/clickhouse/client";
import { addDays, type Day, daysOf } from "@apportion/domain/period";
import { id, insertDay, insertUsage, MONTH, withCompany } from "./company.js";
import type { Finding } from "./finding.js";
import { percentile } from "./measured.js";

const SIZE = { containers: 60_000, teams: 200, pools: 20 };
const PROGRAM = fileURLToPath(new URL("explorer-run.js", import.meta.url));
/** Days of the month after, so that there is something to compare. */
const AFTER: readonly Day[] = [0, 1, 2].map((count) => addDays("2026-11-01" as Day, count));
const PEOPLE = 20;
/** How often each of them asks each question, about a team that they draw. */
const ROUNDS = 5;
const P95_MS_MAX = 150;
const SIMULATION_MS_MAX = 1500;
const MIB_MAX = 400;
/** Who comes in the same moment waits for it. */
const AHEAD_S_MAX = 10;
/** As long as an answer may take. */
const WHOLE_S_MAX = 60;

/** Twenty people who ask at once, about a month of 60,000 containers and 200 teams: what is asked first, and what was asked before. */
export async function benchExplorer(): Promise<Finding[]> {
  const days = [...daysOf(MONTH), ...AFTER];
  const fill = async (clickhouse: ClickHouse): Promise<void> => {
    for (const day of days) await insertDay(clickhouse, SIZE, day, "first");
    await insertUsage(clickhouse, SIZE, days);
  };
  return withCompany(SIZE, fill, async ({ engine, allocate }) => {
    await allocate(days);
    const args = [PROGRAM, engine.url, engine.username, engine.database, JSON.stringify(SIZE)];
    const env = { ...process.env, BENCH_PASSWORD: engine.password.reveal() };
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"], env });
    try {
      const ended = once(child, "exit").then(([code]) => {
        throw new Error(`The explorer ended with ${String(code)}`);
      });
      const [line] = (await Promise.race([once(child.stdout, "data"), ended])) as [Buffer];
      ended.catch(() => undefined); // it ends when all was asked
      const [url = "", aheadMs] = line.toString().trim().split(" ");
      const findings: Finding[] = [
        {
          what: "  read ahead, once the books are quiet, before anybody asks",
          measured: `${(Number(aheadMs) / 1000).toFixed(1)} s`,
          limit: `under ${AHEAD_S_MAX} s`,
          ok: Number(aheadMs) < AHEAD_S_MAX * 1000,
        },
      ];
      for (const [what, pathOf] of Object.entries(QUESTIONS)) findings.push(await timed(what, url, pathOf));
      findings.push(await simulated(url));
      findings.push(...(await reported(url)));
      const peak = memoryMib(child.pid);
      findings.push({
        what: "  memory of the process",
        measured: `${peak} MiB`,
        limit: `under ${MIB_MAX} MiB`,
        ok: peak < MIB_MAX,
      });
      return findings;
    } finally {
      child.stdin.end();
      await once(child, "exit");
    }
  });
}

const QUESTIONS: Readonly<Record<string, (team: string) => string>> = {
  overview: () => `/api/v1/overview?month=${MONTH}`,
  "explore by three dimensions": (team) =>
    `/api/v1/costs?from=2026-10-01&to=2026-11-01&step=day&groupBy=cluster,namespace,category&team=${team}`,
  compare: (team) => `/api/v1/compare?before=2026-10&after=2026-11&team=${team}`,
  explain: (team) => `/api/v1/teams/${team}/months/${MONTH}/lines/1`,
};

async function timed(what: string, url: string, pathOf: (team: string) => string): Promise<Finding> {
  const first: number[] = [];
  const again: number[] = [];
  const ask = async (person: number, round: number): Promise<void> => {
    const path = pathOf(`t${id((person * 7 + round * 13) % SIZE.teams)}`);
    first.push(await ms(() => get(`${url}${path}`)));
    again.push(await ms(() => get(`${url}${path}`)));
  };
  await Promise.all(
    Array.from({ length: PEOPLE }, async (_, person) => {
      for (let round = 0; round < ROUNDS; round += 1) await ask(person, round);
    }),
  );
  const [all, warm] = [percentile([...first, ...again], 0.95), percentile(again, 0.95)];
  return {
    what: `  ${what}, ${PEOPLE} people at once, 95th percentile`,
    measured: `${all.toFixed(0)} ms (asked before: ${warm.toFixed(0)} ms; first asked: ${percentile(first, 0.95).toFixed(0)} ms)`,
    limit: `under ${P95_MS_MAX} ms`,
    ok: all < P95_MS_MAX,
  };
}

/** Teams' pages as they begin, while for the first time since something new is in the books a whole report is made, which is all workloads'. */
async function reported(url: string): Promise<Finding[]> {
  const pathOf = (team: string): string => `/api/v1/teams/${team}/months/${MONTH}/report`;
  const making = ms(() => get(`${url}${pathOf("t0000")}`));
  const begun = await timed(
    "team, as its page begins, while the whole of it is computed",
    url,
    (team) => `${pathOf(team)}?part=figures`,
  );
  const whole = (await making) / 1000;
  return [
    begun,
    {
      what: "  the first whole report: every workload, what changed and what would save",
      measured: `${whole.toFixed(1)} s`,
      limit: `under ${WHOLE_S_MAX} s`,
      ok: whole < WHOLE_S_MAX,
    },
  ];
}

async function simulated(url: string): Promise<Finding> {
  const body = (methods: string): string =>
    JSON.stringify({ month: MONTH, policies: `policies:\n  - pool: s0000\n    methods: [${methods}]\n` });
  const ask = (methods: string): Promise<void> =>
    get(`${url}/api/v1/simulations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: body(methods),
    });
  const opening = await ms(() => ask("{ kind: even }"));
  const live = await ms(() => ask("{ kind: proportional }"));
  return {
    what: "  a policy simulated live, the month once read",
    measured: `${live.toFixed(0)} ms (reading it: ${opening.toFixed(0)} ms)`,
    limit: `under ${SIMULATION_MS_MAX} ms`,
    ok: live < SIMULATION_MS_MAX,
  };
}

async function get(url: string, init?: RequestInit): Promise<void> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text.slice(0, 300)}`);
}

async function ms(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The most that the process had. */
function memoryMib(pid: number | undefined): number {
  const kib = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  return Math.round(kib / 1024);
}
