import { QueryClient, queryOptions, useQuery, type UseQueryResult } from "@tanstack/react-query";
import type { Problem } from "@apportion/explorer/server/problem";

/** What the service said of a question that it could not answer, or that it does not answer at all. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  /** 0 where nobody answered. */
  readonly status: number;
  /** Where to sign in, if that is what is missing. */
  readonly signIn: string | undefined;
  /** Each thing that stands in the way, with its name. */
  readonly errors: NonNullable<Problem["errors"]>;
  constructor(status: number, detail: string, { signIn, errors = [] }: Partial<Problem> = {}) {
    super(detail);
    this.status = status;
    this.signIn = signIn;
    this.errors = errors;
  }
  /** Whether the same question may be answered in a moment. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** How long an answer counts as fresh. Asking again costs little: what did not change is a 304. */
const FRESH_MS = 15_000;
const AGAIN_MS = 60_000;
const PAUSE_MAX_MS = 10_000;

export function askingClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        refetchInterval: AGAIN_MS,
        // A service on this machine is there without a network.
        networkMode: "always",
        retry: (_, error) => !(error instanceof ProblemError) || error.isPassing,
        retryDelay: (failures) => Math.min(500 * 2 ** failures, PAUSE_MAX_MS),
      },
    },
  });
}

/** @throws ProblemError */
async function answerTo<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(`/api/v1${path}`, init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ProblemError(0, "The service does not answer. Is it running?");
  });
  if (response.ok) return (await response.json()) as T;
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  throw new ProblemError(
    response.status,
    problem.detail ?? `The service answered ${response.status}`,
    problem,
  );
}

/** A question of the API; an address that is undefined is not asked. */
export function asking<T>(path: string | undefined) {
  return queryOptions({
    queryKey: [path],
    queryFn: ({ signal }) => answerTo<T>(path ?? "", { signal }),
    enabled: path !== undefined,
  });
}

/** Asks the API. What was shown stays until the next answer is there. */
export function useAnswer<T>(path: string | undefined): UseQueryResult<T> {
  return useQuery(asking<T>(path));
}

/** For questions with a body. */
export function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return answerTo<T>(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
}

/** Parameters behind an address: lists are there once for each, what is undefined is not. */
export function query(params: Readonly<Record<string, string | readonly string[] | undefined>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params))
    for (const each of typeof value === "string" ? [value] : (value ?? [])) search.append(name, each);
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}
