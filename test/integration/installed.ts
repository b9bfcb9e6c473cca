import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Real upstreams, installed once into `.venv/` at the root of the repository: nothing outside of it is changed. */

const here = fileURLToPath(import.meta.url);
const ROOT = here.slice(0, here.lastIndexOf(`${path.sep}test${path.sep}integration`));
const FOLDER = path.join(ROOT, ".venv");
const PACKAGES = ["mlflow==3.17.*", "moto[server]==5.*", "focus-data-toolkit==0.14.*"];
/**
 * In an environment of its own: it wants older libraries than MLflow. Its newer versions need Python 3.12, and this one says so too but
 * runs on 3.11.
 */
const FOCUS_VALIDATOR = ["--ignore-requires-python", "focus-validator==2.0.2", "pyarrow<20"];
const PROGRAMS = ["mlflow", "moto_server", "focus-toolkit"];
const INSTALL_TIMEOUT_MS = 10 * 60_000;

export const hasPython = spawnSync("python3", ["-c", "import venv"], { stdio: "ignore" }).status === 0;
/** Debian's package is unpacked, not installed; elsewhere a Prometheus on the path is used. */
export const hasPrometheus =
  onPath("promtool") ||
  existsSync(prometheusFolder()) ||
  spawnSync("apt-get", ["--version"], { stdio: "ignore" }).status === 0;

/** Folder of the programs `mlflow`, `moto_server` and `focus-toolkit`. */
export function pythonPrograms(): string {
  const environment = path.join(FOLDER, "integration");
  const programs = path.join(environment, "bin");
  if (PROGRAMS.every((program) => existsSync(path.join(programs, program)))) return programs;
  mkdirSync(FOLDER, { recursive: true });
  run("python3", ["-m", "venv", environment], FOLDER);
  run(path.join(programs, "pip"), [...INSTALL, ...PACKAGES], FOLDER);
  return programs;
}

/** The validator of the FinOps Foundation, and the folder from which it finds its own files. */
export function focusValidator(): { readonly program: string; readonly folder: string } {
  const environment = path.join(FOLDER, "focus-validator");
  const program = path.join(environment, "bin", "focus-validator");
  if (!existsSync(program)) {
    mkdirSync(FOLDER, { recursive: true });
    run("python3", ["-m", "venv", environment], FOLDER);
    const pip = path.join(environment, "bin", "pip");
    run(pip, [...INSTALL, ...FOCUS_VALIDATOR], FOLDER);
  }
  const [python = ""] = readdirSync(path.join(environment, "lib"));
  return { program, folder: path.join(environment, "lib", python, "site-packages") };
}

/** What analysts use from Python: the oldest clickhouse-connect that is promised to work, and today's, with what reads the log. */
const ANALYSTS = {
  oldest: ["clickhouse-connect[sqlalchemy]==0.8.*", "pandas"],
  newest: [
    "clickhouse-connect[sqlalchemy]",
    "clickhouse-sqlalchemy",
    "pandas",
    "pyarrow",
    "duckdb",
    "polars",
  ],
} as const;
/** All that is downloaded is compiled only where it is used: to compile all of it takes as long as the rest. */
const INSTALL = ["install", "-q", "--disable-pip-version-check", "--no-compile"];

/** Python in an environment with the packages of analysts. */
export function analystsPython(which: keyof typeof ANALYSTS): string {
  const environment = path.join(FOLDER, `analysts-${which}`);
  const python = path.join(environment, "bin", "python");
  const proof = `import clickhouse_connect, pandas${which === "newest" ? ", pyarrow, duckdb, polars" : ""}`;
  if (spawnSync(python, ["-c", proof], { stdio: "ignore" }).status === 0) return python;
  mkdirSync(FOLDER, { recursive: true });
  run("python3", ["-m", "venv", environment], FOLDER);
  run(python, ["-m", "pip", ...INSTALL, ...ANALYSTS[which]], FOLDER);
  return python;
}

/** Debian's package `hledger`; CI installs it. */
export const hasHledger = onPath("hledger");

export const hasMaven = onPath("mvn") && onPath("java");

/** Class path of ClickHouse's driver for Java, 12 MB. */
export function jdbcDriver(): string {
  const jars = path.join(FOLDER, "jdbc");
  if (!existsSync(jars)) {
    mkdirSync(FOLDER, { recursive: true });
    const partial = mkdtempSync(`${jars}-`);
    const pom = path.join(ROOT, "test", "integration", "analysts", "jdbc.pom.xml");
    run(
      "mvn",
      ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${partial}`],
      FOLDER,
    );
    renameSync(partial, jars);
  }
  return path.join(jars, "*");
}

/** Folder of the programs `prometheus` and `promtool`; empty when they are on the path. */
export function prometheusPrograms(): string {
  if (onPath("promtool")) return "";
  const folder = prometheusFolder();
  if (existsSync(folder)) return folder;
  mkdirSync(FOLDER, { recursive: true });
  const partial = mkdtempSync(path.join(FOLDER, "prometheus-"));
  run("apt-get", ["download", "prometheus"], partial);
  const [archive = ""] = readdirSync(partial).filter((name) => name.endsWith(".deb"));
  run("dpkg-deb", ["-x", archive, "root"], partial);
  renameSync(path.join(partial, "root"), path.join(FOLDER, "prometheus"));
  rmSync(partial, { recursive: true, force: true });
  return folder;
}

function prometheusFolder(): string {
  return path.join(FOLDER, "prometheus", "usr", "bin");
}

function onPath(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;
}

function run(program: string, args: readonly string[], cwd: string): void {
  const done = spawnSync(program, args, { cwd, encoding: "utf8", timeout: INSTALL_TIMEOUT_MS });
  if (done.status !== 0)
    throw new Error(
      `${program} ${args.join(" ")} failed: ${done.error?.message ?? ""}${done.stdout ?? ""}${done.stderr ?? ""}`,
    );
}
