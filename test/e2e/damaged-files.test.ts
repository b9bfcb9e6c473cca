import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { insertRows } from "@apportion/clickhouse/insert";
import { loadConfig } from "apportion/config";
import { openPlatform } from "@apportion/platform/platform";
import { silentLogger } from "@apportion/runtime/logger";
import { childrenOf, runCli, startCli } from "./cli.js";

const LOG = join("event-log", "log.lmdb");

describe("a data folder with damaged files", { timeout: 240_000 }, () => {
  let folder: string;
  let whole: string;
  let config: string;
  let copies = 0;
  const opened = (dataDir: string, toleratesDamage = false) =>
    openPlatform(loadConfig(config, {}), {
      dataDir,
      clock: () => new Date(),
      logger: silentLogger,
      toleratesDamage,
    });
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "apportion-damaged-"));
    config = join(folder, "apportion.yaml");
    writeFileSync(config, stringify({ currency: "USD", teams: [{ id: "search", costCenter: "cc-1" }] }));
    whole = join(folder, "whole");
    const platform = await opened(whole);
    await platform.log.publish(
      Array.from({ length: 400 }, (_, index) => ({
        topic: "apportion.readings.v1",
        key: `key-${index}`,
        headers: {},
        value: Buffer.alloc(index % 3 === 0 ? 20_000 : 300, index),
      })),
    );
    const rows = ["a", "b", "c"].map((key) => ({ delivery_key: key, sent_at: "2026-11-01T00:00:00Z" }));
    const clickhouse = await platform.clickhouse();
    await insertRows(clickhouse, "deliveries", rows, { token: "1" });
    const run = { run_id: "r", charge_day: "2026-10-01", billing_period: "2026-10", attempt: "a" };
    const lines = [0, 1].map((line) => ({
      ...run,
      line,
      owner_kind: "team",
      team_id: "search",
      amount: "2.5",
    }));
    await insertRows(clickhouse, "allocation_lines", lines, { token: "lines" });
    await insertRows(clickhouse, "allocation_runs", [run], { token: "run" });
    await platform.close();
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const copied = (): string => {
    const copy = join(folder, `copy-${copies++}`);
    cpSync(whole, copy, { recursive: true, verbatimSymlinks: true });
    return copy;
  };
  const run = (data: string, ...args: string[]) => runCli([...args, "--config", config, "--data", data]);
  const partOf = (data: string): string => {
    const table = join(data, "clickhouse", "store", "data", "apportion", "deliveries");
    const [part = ""] = readdirSync(table).filter((name) => name.startsWith("all_"));
    return join(table, part);
  };
  const cutDeliveries = (data: string): void => truncateSync(join(partOf(data), "data.bin"), 20);
  const sent = (data: string) => run(data, "sql", "SELECT count() FROM deliveries", "--format", "TSV");

  it("is not worked on when rows of a table are lost, and says which, how many and what to do", async () => {
    const data = copied();
    cutDeliveries(data);
    for (const command of [["up"], ["verify", "--month", "2026-10"], ["migrate"]]) {
      const { code, stderr } = await run(data, ...command);
      expect({ command, code }).toEqual({ command, code: 1 });
      for (const words of [
        "3 rows of deliveries are lost",
        "sent again",
        "broken-on-start_all_",
        "apportion rebuild",
      ])
        expect(stderr).toContain(words);
    }
    const doctor = await run(data, "doctor");
    expect(doctor.code).toBe(1);
    expect(doctor.stdout).toMatch(/FAIL files of the tables .*3 rows of deliveries are lost/);
    const { code, stdout, stderr } = await sent(data);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "0\n" });
    expect(stderr).toContain("3 rows of deliveries are lost");
  });

  it("is whole again when what was damaged is set aside", async () => {
    const data = copied();
    writeFileSync(join(partOf(data), "count.txt"), "");
    writeFileSync(join(partOf(data), "checksums.txt"), "garbage");
    const platform = await opened(data, true);
    expect(await platform.damagedParts()).toMatchObject([{ table: "deliveries" }]);
    const aside = await platform.setAsideDamaged();
    await platform.close();
    expect(readdirSync(join(aside ?? "", "deliveries"))).toHaveLength(1);
    expect((await run(data, "migrate")).code).toBe(0);
  });

  it("answers of its lines when the sums kept beside them are lost, which are not flushed with them", async () => {
    for (const file of ["data.bin", "data.cmrk4", "checksums.txt", "primary.cidx"]) {
      const data = copied();
      const table = join(data, "clickhouse", "store", "data", "apportion", "allocation_lines");
      const [part = ""] = readdirSync(table).filter((name) => name.endsWith("_0"));
      truncateSync(join(table, part, "team_costs.proj", file), 7);
      const { code, stdout, stderr } = await run(
        data,
        "sql",
        "SELECT team_id, amount FROM team_monthly_costs",
        "--format",
        "TSV",
      );
      expect({ file, code, stdout, stderr }).toEqual({ file, code: 0, stdout: "search\t5\n", stderr: "" });
    }
  });

  it("ends a process whose engine finds the damage when it is started again", async () => {
    const data = copied();
    const running = startCli(["up", "--config", config, "--data", data]);
    await running.said("Ctrl+C ends it");
    cutDeliveries(data);
    const [engine] = childrenOf(running);
    process.kill(Number(engine), "SIGKILL");
    const { code, stderr } = await running.result;
    expect(code).toBe(1);
    expect(stderr).toContain("3 rows of deliveries are lost");
  });

  it("opens although it was copied by a program that follows links", async () => {
    const data = join(folder, "dereferenced");
    cpSync(whole, data, { recursive: true, dereference: true });
    const first = await sent(data);
    expect({ code: first.code, stdout: first.stdout }).toEqual({ code: 0, stdout: "3\n" });
    expect(first.stderr).toContain("cp -a");
    expect(await sent(data)).toMatchObject({ code: 0, stdout: "3\n", stderr: "" });
  });

  it("says what is wrong with its log instead of crashing, wherever it was cut", async () => {
    const { size } = statSync(join(whole, LOG));
    for (const bytes of [0, 100, 5_000, 20_480, Math.floor(size / 2), size - 4_096]) {
      const data = copied();
      truncateSync(join(data, LOG), bytes);
      const { code, stderr } = await run(data, "migrate");
      expect({ bytes, code }).toEqual({ bytes, code: 1 });
      expect(stderr).toContain(join(data, LOG));
      expect(stderr).toMatch(/is damaged: .*backup.*move it away/);
    }
  });

  it("says what is wrong with a log that is none, or that has garbage in it", async () => {
    const bytes = readFileSync(join(whole, LOG));
    for (const [from, to] of [
      [0, bytes.length],
      [4_096, 8_192],
      [16_384, bytes.length],
      [Math.floor(bytes.length / 2), bytes.length],
    ] as const) {
      const data = copied();
      writeFileSync(join(data, LOG), Buffer.from(bytes).fill(0xa5, from, to));
      const { code, stderr } = await run(data, "migrate");
      expect({ from, to, code }).toEqual({ from, to, code: 1 });
      expect(stderr).toMatch(/is damaged: .*backup.*move it away/);
    }
  });

  it("goes on with its tables when the damaged log was moved away", async () => {
    const data = copied();
    rmSync(join(data, "event-log"), { recursive: true });
    expect((await run(data, "migrate")).code).toBe(0);
    expect(await sent(data)).toMatchObject({ code: 0, stdout: "3\n" });
  });
});
