import { foreignText } from "@apportion/runtime/foreign-text";
import type { ChargePeriod } from "@apportion/domain/period";
import { ReadingError } from "@apportion/readings/source";
import { createUpstream, type Upstream } from "@apportion/readings/upstream";
import type { MlflowConfig } from "../config.js";
import { artifactsPage, experimentsPage, runsPage, type Experiment, type Run } from "./parse.js";

export interface MlflowClient {
  /** All experiments, deleted ones too: their runs were made on the server all the same. @throws ReadingError */
  experiments(signal: AbortSignal): Promise<Experiment[]>;
  /** Runs of these experiments that started in the period, deleted ones too. @throws ReadingError */
  started(experimentIds: readonly string[], period: ChargePeriod, signal: AbortSignal): Promise<Run[]>;
  /** Runs of these experiments that ran in the period, whenever they started, deleted ones too. @throws ReadingError */
  running(experimentIds: readonly string[], period: ChargePeriod, signal: AbortSignal): Promise<Run[]>;
  /** Bytes of everything that the run logged, in all folders. @throws ReadingError */
  artifactBytes(runId: string, signal: AbortSignal): Promise<bigint>;
}

const PAGE_ROWS = 1_000;
const PAGES_MAX = 10_000;
/** Folders of one run. */
const FOLDERS_MAX = 1_000;
/** Experiments of one search; the ids travel in its body. */
const EXPERIMENTS_AT_ONCE = 500;

export function createMlflowClient(config: MlflowConfig): MlflowClient {
  const upstream = createUpstream(config);
  return {
    experiments: async (signal) => {
      const pages = await allPages((page_token) =>
        upstream.json(
          {
            method: "POST",
            path: "/api/2.0/mlflow/experiments/search",
            body: { max_results: PAGE_ROWS, view_type: "ALL", ...page_token },
            signal,
          },
          experimentsPage,
        ),
      );
      return pages.flatMap(({ experiments }) => experiments);
    },
    started: (experimentIds, { start, end }, signal) => {
      const filter = `attributes.start_time >= ${Date.parse(start)} and attributes.start_time < ${Date.parse(end)}`;
      return searchRuns(upstream, experimentIds, filter, signal);
    },
    running: async (experimentIds, { start, end }, signal) => {
      const before = `attributes.start_time < ${Date.parse(end)}`;
      // What has not ended comes first: a run that ends between the two searches is then found by both, and not by none.
      const open = await searchRuns(
        upstream,
        experimentIds,
        `${before} and attributes.status = 'RUNNING'`,
        signal,
      );
      const ended = `${before} and attributes.end_time > ${Date.parse(start)}`;
      return [...open, ...(await searchRuns(upstream, experimentIds, ended, signal))];
    },
    artifactBytes: (runId, signal) => artifactBytes(upstream, runId, signal),
  };
}

async function searchRuns(
  upstream: Upstream,
  experimentIds: readonly string[],
  filter: string,
  signal: AbortSignal,
): Promise<Run[]> {
  const runs: Run[] = [];
  for (let start = 0; start < experimentIds.length; start += EXPERIMENTS_AT_ONCE) {
    const ids = experimentIds.slice(start, start + EXPERIMENTS_AT_ONCE);
    runs.push(...(await searchSome(upstream, ids, filter, signal)));
  }
  return runs;
}

async function searchSome(
  upstream: Upstream,
  experimentIds: readonly string[],
  filter: string,
  signal: AbortSignal,
): Promise<Run[]> {
  const pages = await allPages((page_token) =>
    upstream.json(
      {
        method: "POST",
        path: "/api/2.0/mlflow/runs/search",
        body: {
          experiment_ids: experimentIds,
          filter,
          run_view_type: "ALL",
          max_results: PAGE_ROWS,
          ...page_token,
        },
        signal,
      },
      runsPage,
    ),
  );
  return pages.flatMap(({ runs }) => runs);
}

async function allPages<Page extends { next_page_token?: string | undefined }>(
  ask: (page: { page_token?: string }) => Promise<Page>,
): Promise<Page[]> {
  const pages: Page[] = [];
  for (let token = ""; ;) {
    const page = await ask(token === "" ? {} : { page_token: token });
    pages.push(page);
    const next = page.next_page_token ?? "";
    if (next === "") return pages;
    if (next === token || pages.length >= PAGES_MAX)
      throw new ReadingError("malformed", "MLflow's pages do not come to an end");
    token = next;
  }
}

async function artifactBytes(upstream: Upstream, runId: string, signal: AbortSignal): Promise<bigint> {
  let bytes = 0n;
  const folders = [""];
  for (let at = 0; at < folders.length; at++) {
    if (at >= FOLDERS_MAX)
      throw new ReadingError(
        "absurd",
        `run ${foreignText(runId)} has more than ${FOLDERS_MAX} folders of artifacts`,
      );
    const path = folders[at] ?? "";
    const pages = await allPages((page_token) =>
      upstream.json(
        {
          method: "GET",
          path: "/api/2.0/mlflow/artifacts/list",
          params: { run_id: runId, ...(path !== "" && { path }), ...page_token },
          signal,
        },
        artifactsPage,
      ),
    );
    for (const { files } of pages)
      for (const file of files) {
        if (file.is_dir) folders.push(file.path);
        else bytes += BigInt(file.file_size);
      }
  }
  return bytes;
}
