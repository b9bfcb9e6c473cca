import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Real upstreams, installed once into `.venv/` at the root of the repository: nothing outside of it is changed. */

const here = fileURLToPath(import.meta.url);
const ROOT = here.slice(0, here.lastIndexOf(`${path.sep}test${path.sep}integration`));
const FOLDER = path.join(ROOT, ".venv");
const PACKAGES = ["mlflow==3.17.*", "moto[server]==5.*", "focus-data-toolkit==0.14.*"];
/** In an environment of its own: it wants older libraries than MLflow. */
const FOCUS_VALIDATOR = "focus-validator==2.0.2";
const FOCUS_VALIDATOR_NEEDS = ["pyarrow<20"];
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
  const programs = path.join(FOLDER, "integration", "bin");
  if (!PROGRAMS.every((program) => existsSync(path.join(programs, program))))
    install("integration", PACKAGES);
  return programs;
}

/** The validator of the FinOps Foundation, and the folder from which it finds its own files. */
export function focusValidator(): { readonly program: string; readonly folder: string } {
  const environment = path.join(FOLDER, "focus-validator");
  const program = path.join(environment, "bin", "focus-validator");
  if (!imports(path.join(environment, "bin", "python"), "focus_validator.main")) {
    const python = install("focus-validator", ["pip"]);
    // It says that it needs Python 3.12 and runs on 3.11: pip alone can be told so, and leaves what it needs itself to the faster one.
    run(python, ["-m", "pip", "install", "-q", "--no-deps", "--ignore-requires-python", FOCUS_VALIDATOR]);
    const needs = run(python, [
      "-c",
      "import importlib.metadata as m; print('\\n'.join(m.requires('focus-validator')))",
    ]);
    install("focus-validator", [...needs.trim().split("\n"), ...FOCUS_VALIDATOR_NEEDS]);
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

/** Python in an environment with the packages of analysts. */
export function analystsPython(which: keyof typeof ANALYSTS): string {
  const python = path.join(FOLDER, `analysts-${which}`, "bin", "python");
  const proof = `clickhouse_connect, pandas${which === "newest" ? ", pyarrow, duckdb, polars" : ""}`;
  if (imports(python, proof)) return python;
  return install(`analysts-${which}`, ANALYSTS[which]);
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
    run("mvn", ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${partial}`]);
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
  run("apt-get", ["download", "prometheus"], {}, partial);
  const [archive = ""] = readdirSync(partial).filter((name) => name.endsWith(".deb"));
  run("dpkg-deb", ["-x", archive, "root"], {}, partial);
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

/** Installs packages into an environment of that name, with uv: pip takes ten times as long. @returns its Python */
function install(environment: string, packages: readonly string[]): string {
  const folder = path.join(FOLDER, environment);
  const uv = installer();
  const python = path.join(folder, "bin", "python");
  if (!existsSync(python)) run(uv, ["venv", "-q", "--allow-existing", "--python=python3", folder]);
  run(uv, ["pip", "install", "-q", `--python=${python}`, ...packages], {
    UV_CACHE_DIR: path.join(FOLDER, "uv-cache"),
    // It does not read what pip is told of where packages are; of that these two count.
    ...(process.env["PIP_INDEX_URL"] && { UV_DEFAULT_INDEX: process.env["PIP_INDEX_URL"] }),
    ...(process.env["PIP_CERT"] && { SSL_CERT_FILE: process.env["PIP_CERT"] }),
  });
  return python;
}

function installer(): string {
  const folder = path.join(FOLDER, "uv");
  if (!existsSync(folder)) {
    mkdirSync(FOLDER, { recursive: true });
    const partial = mkdtempSync(`${folder}-`);
    run("python3", ["-m", "venv", partial]);
    run(path.join(partial, "bin", "pip"), ["install", "-q", "--disable-pip-version-check", "uv==0.*"]);
    try {
      renameSync(partial, folder); // a program of its own, which may be moved
    } catch (error) {
      if (!existsSync(folder)) throw error;
      rmSync(partial, { recursive: true }); // another worker was first
    }
  }
  return path.join(folder, "bin", "uv");
}

function imports(python: string, modules: string): boolean {
  return spawnSync(python, ["-c", `import ${modules}`], { stdio: "ignore" }).status === 0;
}

/** @returns what it wrote */
function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = FOLDER): string {
  const done = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
    timeout: INSTALL_TIMEOUT_MS,
  });
  if (done.status !== 0)
    throw new Error(
      `${program} ${args.join(" ")} failed: ${done.error?.message ?? ""}${done.stdout ?? ""}${done.stderr ?? ""}`,
    );
  return done.stdout;
}
