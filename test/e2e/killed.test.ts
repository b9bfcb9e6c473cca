import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { simpleParser } from "mailparser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listMails, listReceipts } from "@apportion/simulator/mailbox";
import type { CliResult, RunningCli } from "./cli.js";
import { tablesOf } from "./tables.js";
import { copyToldDemo, startDemo, TOLD_DEMO_TIMEOUT_MS } from "./told-demo.js";

interface Outcome {
  readonly answer: Record<string, unknown>;
  readonly tables: Record<string, readonly string[]>;
  readonly mails: readonly object[];
  /** Message-IDs of all that the mail server took, repeats included. */
  readonly receipts: readonly string[];
}

const receiptsOf = (data: string): string[] => listReceipts(join(data, "mail"));

async function outcomeOf({ code, stdout, stderr }: CliResult, data: string): Promise<Outcome> {
  if (code !== 0) throw new Error(stderr);
  const { seconds: _, folders: __, ...answer } = JSON.parse(stdout) as Record<string, unknown>;
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
  return { answer, tables: await tablesOf(data), mails, receipts: receiptsOf(data) };
}

describe("a demo that is killed and started again", { timeout: TOLD_DEMO_TIMEOUT_MS }, () => {
  let folder: string;
  let undisturbed: Outcome;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "apportion-killed-"));
    const data = join(folder, "undisturbed");
    undisturbed = await outcomeOf(await copyToldDemo(data), data);
  }, TOLD_DEMO_TIMEOUT_MS);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("has something to lose", () => {
    expect(undisturbed.tables["lines"]?.length).toBeGreaterThan(1000);
    expect(undisturbed.mails.length).toBeGreaterThan(25);
    expect(undisturbed.receipts).toHaveLength(undisturbed.mails.length);
  });

  it("ends in the same tables and the same mails, wherever it was killed", async () => {
    const data = join(folder, "killed");
    const said =
      (text: string, ms: number) =>
      async (running: RunningCli): Promise<void> => {
        await running.said(text);
        await pause(ms);
      };
    const mailed =
      (count: number) =>
      async ({ process }: RunningCli): Promise<void> => {
        while (process.exitCode === null && receiptsOf(data).length < count) await pause(1);
      };
    /** What the mail server had said yes to last, at each kill: only that may be unknown to us. */
    const lastBeforeKill: (string | undefined)[] = [];
    // Each attempt gets further than the one before: while it reads, while it stores, while it allocates or closes, while it mails.
    for (const reached of [
      said("Reading kubecost shared-eu-1", 0),
      said("Read kubecost", 50),
      said("Read kubecost", 1500),
      mailed(4),
    ]) {
      const running = startDemo(data);
      await reached(running);
      running.process.kill("SIGKILL");
      expect((await running.result).code).toBeNull(); // it had not ended by itself
      lastBeforeKill.push(receiptsOf(data).at(-1));
    }
    const outcome = await outcomeOf(await startDemo(data).result, data);
    expect(outcome.tables).toEqual(undisturbed.tables);
    expect(outcome.mails).toEqual(undisturbed.mails);
    expect(outcome.answer).toEqual(undisturbed.answer);
    expect([...new Set(outcome.receipts)].toSorted()).toEqual(undisturbed.receipts.toSorted());
    const repeats = outcome.receipts.filter((id, index) => outcome.receipts.indexOf(id) !== index);
    for (const id of new Set(repeats))
      expect(repeats.filter((each) => each === id).length).toBeLessThanOrEqual(
        lastBeforeKill.filter((each) => each === id).length,
      );
  });
});
