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
  add(check: HealthCheck): void;
  findings(): Promise<readonly Finding[]>;
}

/** A check that fails to answer is a finding itself: one that throws must not hide the others. */
export function createHealth(): Health {
  const checks: HealthCheck[] = [];
  const run = async (check: HealthCheck): Promise<readonly Finding[]> => {
    try {
      return await check();
    } catch (error) {
      return [{ what: "health check", ok: false, detail: (error as Error).message }];
    }
  };
  return {
    add(check) {
      checks.push(check);
    },
    async findings() {
      return (await Promise.all(checks.map(run))).flat();
    },
  };
}
