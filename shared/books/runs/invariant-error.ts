/** Lines in the table that are not what was computed, or that no rules could give; rules that are gone. */
export class InvariantError extends Error {
  readonly code = "INVARIANT";
}
