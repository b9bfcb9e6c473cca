import { DAY_MS, dayOf, startOf, type SimulatedClock } from "./platform/clock.js";
import { experimentsOf, runsOf, type SimulatedRun } from "./platform/mlflow-runs.js";
import type { PlatformRegistry } from "./platform/registry.js";
import { json, type HttpAnswer, type HttpQuestion } from "./http.js";

interface SearchRequest {
  readonly experiment_ids?: readonly string[];
  readonly filter?: string;
  readonly max_results?: number;
  readonly page_token?: string;
  readonly run_view_type?: "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";
}

/** Pages are smaller than asked for, as the server may, so that every client has to follow them. */
const PAGE_ROWS_MAX = 40;
/** Runs that started in a period; that started before an instant and have not ended; or that ended after another one. */
const STARTED = /^attributes\.start_time >= (\d+) and attributes\.start_time < (\d+)$/;
const OPEN = /^attributes\.start_time < (\d+) and attributes\.status = 'RUNNING'$/;
const ENDED = /^attributes\.start_time < (\d+) and attributes\.end_time > (\d+)$/;

/** Searches of experiments and runs, as MLflow's REST API 2.0 answers them. */
export function mlflowApi(seed: number, registry: PlatformRegistry, clock: SimulatedClock) {
  return ({ method, url, body }: HttpQuestion): HttpAnswer => {
    if (method !== "POST")
      return mlflowError("ENDPOINT_NOT_FOUND", `No API found for '${method} ${url.pathname}'`, 404);
    const request = JSON.parse(body || "{}") as SearchRequest;
    switch (url.pathname) {
      case "/api/2.0/mlflow/experiments/search":
        return page("experiments", experimentsOf(registry).map(experimentJson), request);
      case "/api/2.0/mlflow/runs/search":
        return searchRuns(seed, registry, clock, request);
      default:
        return mlflowError("ENDPOINT_NOT_FOUND", `No API found for '${method} ${url.pathname}'`, 404);
    }
  };
}

function searchRuns(
  seed: number,
  registry: PlatformRegistry,
  clock: SimulatedClock,
  request: SearchRequest,
): HttpAnswer {
  const asked = askedFor(request.filter ?? "", clock.asOfMs);
  if (!asked)
    return mlflowError("INVALID_PARAMETER_VALUE", "The simulator knows only what the meter asks for", 400);
  const runs: SimulatedRun[] = [];
  for (let ms = asked.from; ms < asked.to; ms += DAY_MS)
    runs.push(...runsOf(seed, registry, dayOf(ms), clock.asOfMs));
  const found = runs.filter(
    (run) =>
      (request.experiment_ids ?? []).includes(run.experimentId) &&
      asked.matches(run) &&
      (request.run_view_type === "ALL" || run.lifecycle === "active"),
  );
  return page("runs", found.map(runJson), request);
}

/** Runs last hours: what runs on a day started on it or on the one before. */
function askedFor(
  filter: string,
  asOfMs: number,
): { from: number; to: number; matches(run: SimulatedRun): boolean } | undefined {
  const [, from, to] = STARTED.exec(filter)?.map(Number) ?? [];
  if (from !== undefined && to !== undefined)
    return { from, to, matches: ({ startMs }) => startMs >= from && startMs < to };
  const [, before] = OPEN.exec(filter)?.map(Number) ?? [];
  if (before !== undefined)
    return {
      from: startOf(dayOf(asOfMs - DAY_MS)),
      to: asOfMs,
      matches: ({ startMs, status }) => startMs < before && status === "RUNNING",
    };
  const [, until, after] = ENDED.exec(filter)?.map(Number) ?? [];
  if (until === undefined || after === undefined) return undefined;
  return {
    from: after - DAY_MS,
    to: until,
    matches: ({ startMs, endMs, status }) => startMs < until && status !== "RUNNING" && endMs > after,
  };
}

function page(
  name: string,
  all: readonly object[],
  { max_results = 1000, page_token = "0" }: SearchRequest,
): HttpAnswer {
  const start = Number(page_token);
  const size = Math.min(max_results, PAGE_ROWS_MAX);
  const rows = all.slice(start, start + size);
  return json({
    ...(rows.length > 0 && { [name]: rows }), // nothing found is `{}`
    ...(start + size < all.length && { next_page_token: String(start + size) }),
  });
}

function experimentJson({ id, name, team }: ReturnType<typeof experimentsOf>[number]): object {
  return {
    experiment_id: id,
    name,
    artifact_location: `mlflow-artifacts:/${id}`,
    lifecycle_stage: "active",
    tags: team === undefined ? [] : [{ key: "team", value: team }],
  };
}

function runJson({
  runId,
  experimentId,
  name,
  startMs,
  endMs,
  status,
  team,
  lifecycle,
}: SimulatedRun): object {
  return {
    info: {
      run_uuid: runId,
      run_id: runId,
      experiment_id: experimentId,
      run_name: name,
      user_id: "",
      status,
      start_time: startMs,
      ...(status !== "RUNNING" && { end_time: endMs }),
      artifact_uri: `mlflow-artifacts:/${experimentId}/${runId}/artifacts`,
      lifecycle_stage: lifecycle,
    },
    data: {
      metrics: [],
      params: [],
      tags: [
        { key: "mlflow.runName", value: name },
        ...(team === undefined ? [] : [{ key: "team", value: team }]),
      ],
    },
    inputs: {},
    outputs: {},
  };
}

function mlflowError(error_code: string, message: string, status: number): HttpAnswer {
  return json({ error_code, message }, status);
}
