/**
 * Condition on `allocation_lines`: those of the attempts that sealed their runs. Attempts that died, or came second, left theirs too.
 */
export const OF_SEALED_ATTEMPTS = `(run_id, attempt) IN (SELECT run_id, max(allocation_runs.attempt) FROM allocation_runs GROUP BY run_id)`;
