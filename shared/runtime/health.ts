import { foreignMessage } from "./foreign-text.js";

/** One thing that was looked at, in words for an operator: what it is, whether it is as it should be, and what was seen. */
export interface Finding {
  readonly what: string;
  readonly ok: boolean;
  /** What was seen; where it is not ok, what to do about it. Never a secret. */
  readonly detail: string;
}

export type HealthCheck = () => Promise<readonly Finding[]>;

/** What a process knows of its own health: who opens a dependency adds the check of it, whoever asks gets all findings. */
export interface Health {
  /** Whether the process can do its work. A check that needs long is looked at again only when it has answered. */
  add(check: HealthCheck): void;
  findings(): Promise<readonly Finding[]>;
  /** Why only a new start helps, if it is so. Asks nobody: it must answer at once, whatever is away. */
  addFatal(check: () => string | undefined): void;
  /** The first reason of these; undefined while the process is alive. */
  fatal(): string | undefined;
}

/** A check that has not answered by then is a finding itself. */
const CHECK_MAX_MS = 5_000;
/** Answers are kept so long: whoever probes often must not load the database. */
const KEPT_MS = 1_000;

/** A check that fails to answer is a finding itself: one that throws must not hide the others. */
export function createHealth(): Health {
  const checks: HealthCheck[] = [];
  const fatals: (() => string | undefined)[] = [];
  return {
    add(check) {
      checks.push(bounded(check));
    },
    async findings() {
      return (await Promise.all(checks.map((check) => check()))).flat();
    },
    addFatal(check) {
      fatals.push(check);
    },
    fatal: () => fatals.map((check) => check()).find((reason) => reason !== undefined),
  };
}

/** The check with a bound in time, at most once at a time, its answer kept for a moment. */
function bounded(check: HealthCheck): HealthCheck {
  let current: { readonly findings: Promise<readonly Finding[]>; answeredMs: number } | undefined;
  const ask = async (): Promise<readonly Finding[]> => {
    try {
      return await check();
    } catch (error) {
      return [unwell(foreignMessage(error))];
    }
  };
  return async () => {
    if (!current || performance.now() - current.answeredMs > KEPT_MS) {
      const asked = { findings: ask(), answeredMs: Infinity };
      void asked.findings.then(() => (asked.answeredMs = performance.now()));
      current = asked;
    }
    return within(current.findings);
  };
}

async function within(findings: Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly Finding[]>((resolve) => {
    timer = setTimeout(
      () => resolve([unwell(`a check has not answered within ${CHECK_MAX_MS / 1000} s`)]),
      CHECK_MAX_MS,
    );
  });
  try {
    return await Promise.race([findings, late]);
  } finally {
    clearTimeout(timer);
  }
}

function unwell(detail: string): Finding {
  return { what: "health check", ok: false, detail };
}
