/**
 * How large a company is whose days are measured. Half of its pools follow a meter, and some of these serve all other pools too, as
 * monitoring or a gateway does.
 */
export interface CompanySize {
  readonly containers: number;
  readonly teams: number;
  readonly pools: number;
  /** Pools that serve other pools; ten of them where there are as many meters. */
  readonly serving?: number;
}
