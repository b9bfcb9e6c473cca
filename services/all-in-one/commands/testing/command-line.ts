import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { runCli } from "../../cli.js";
import { written } from "./written.js";

const NOW = new Date("2026-11-22T06:00:00Z");

/** The embedded mode, with one team and nothing that is read. */
export const CONFIG = `
eventLog: { kind: embedded }
clickhouse: { kind: embedded }
currency: USD
clusters: []
teams: [{ id: ads, costCenter: cc-1 }, { id: fraud, costCenter: cc-2 }]
`;

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder with a configuration, and the command line as if it were called there; `data` is the folder that `--data` names. */
export interface CommandLine {
  readonly folder: string;
  readonly configFile: string;
  readonly data: string;
  write(config: string): void;
  /** With `--config` and `--data`. */
  run(...argv: string[]): Promise<Said>;
  /** As it is written. */
  runBare(...argv: string[]): Promise<Said>;
  remove(): void;
}

export function commandLine(config = CONFIG): CommandLine {
  const folder = mkdtempSync(join(tmpdir(), "apportion-command-"));
  const [configFile, data] = [join(folder, "apportion.yaml"), join(folder, "data")];
  const write = (text: string): void => writeFileSync(configFile, text);
  write(config);
  const runBare = async (...argv: string[]): Promise<Said> => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const code = await runCli(["node", "apportion", ...argv], { env: {}, stdout, stderr, now: () => NOW });
    return { code, out: written(stdout), err: written(stderr) };
  };
  return {
    folder,
    configFile,
    data,
    write,
    runBare,
    run: (...argv) => runBare(...argv, "--config", configFile, "--data", data),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Lines as they are read, without colours. */
export function plain(lines: readonly string[]): string[] {
  return lines.map((line) => stripVTControlCharacters(line));
}
