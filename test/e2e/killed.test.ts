import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { simpleParser } from "mailparser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listMails } from "apportion/demo/mailbox";
import { runCli, startCli } from "./cli.js";

/** All that users see of the tables. */
const TABLES = {
  snapshots: "SELECT * FROM current_snapshots ORDER BY dataset, source, scope, charge_period_start",
  facts: `SELECT * EXCEPT (chunk) FROM cost_facts WHERE snapshot_id IN (SELECT snapshot_id FROM current_snapshots) ORDER BY ALL`,
  runs: "SELECT * FROM current_runs ORDER BY charge_day",
  lines: "SELECT * FROM current_allocations ORDER BY charge_day, line",
  journals: "SELECT * FROM journals ORDER BY seq",
  entries: "SELECT * FROM posted_entries ORDER BY seq, line",
  deliveries: "SELECT DISTINCT delivery_key, message_id, recipients FROM deliveries ORDER BY delivery_key",
  quarantined: "SELECT * FROM quarantined_readings",
};

const demo = (data: string): string[] => [
  "demo",
  "--once",
  "--json",
  "--as-of",
  "2026-11-12",
  "--seed",
  "3",
  "--data",
  data,
];

interface Outcome {
  readonly answer: Record<string, unknown>;
  readonly tables: Record<string, string>;
  readonly mails: readonly object[];
}

async function outcomeOf(data: string): Promise<Outcome> {
  const { code, stdout, stderr } = await runCli(demo(data));
  if (code !== 0) throw new Error(stderr);
  const { seconds: _, folders: __, ...answer } = JSON.parse(stdout) as Record<string, unknown>;
  const tables: Record<string, string> = {};
  for (const [name, query] of Object.entries(TABLES)) {
    const rows = await runCli(["sql", query, "--format", "JSONEachRow", "--data", data]);
    if (rows.code !== 0) throw new Error(rows.stderr);
    tables[name] = rows.stdout;
  }
  const mails = await Promise.all(
    listMails(join(data, "mail")).map(async ({ raw }) => {
      const { messageId, subject, to, text, html, attachments } = await simpleParser(raw);
      return {
        messageId,
        subject,
        to,
        text,
        html,
        csv: attachments.map(({ content }) => content.toString()),
      };
    }),
  );
  return { answer, tables, mails };
}

describe("a demo that is killed and started again", { timeout: 180_000 }, () => {
  let folder: string;
  let undisturbed: Outcome;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "apportion-killed-"));
    undisturbed = await outcomeOf(join(folder, "undisturbed"));
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("has something to lose", () => {
    expect(undisturbed.tables["lines"]?.split("\n").length).toBeGreaterThan(1000);
    expect(undisturbed.mails.length).toBeGreaterThan(25);
  });

  it("changes no number and sends no mail when it is simply repeated", async () => {
    expect(await outcomeOf(join(folder, "undisturbed"))).toEqual(undisturbed);
  });

  it("ends in the same tables and the same mails, wherever it was killed", async () => {
    const data = join(folder, "killed");
    // Each attempt gets further than the one before: while it reads, while it stores, while it allocates, while it mails.
    for (const { after, ms } of [
      { after: "Reading kubecost shared-eu-1", ms: 0 },
      { after: "Read kubecost", ms: 50 },
      { after: "Read kubecost", ms: 400 },
      { after: "Read kubecost", ms: 900 },
      { after: "Read kubecost", ms: 1500 },
    ]) {
      const running = startCli(demo(data));
      await running.said(after);
      await pause(ms);
      running.process.kill("SIGKILL");
      expect((await running.result).code).toBeNull(); // it had not ended by itself
    }
    const outcome = await outcomeOf(data);
    expect(outcome.tables).toEqual(undisturbed.tables);
    expect(outcome.mails).toEqual(undisturbed.mails);
    expect(outcome.answer).toEqual(undisturbed.answer);
  });
});
