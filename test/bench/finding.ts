/** What was measured, beside its limit. */
export interface Finding {
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
  readonly ok: boolean;
}
