/** How large a company is whose days are measured. Half of its pools follow a meter. */
export interface CompanySize {
  readonly containers: number;
  readonly teams: number;
  readonly pools: number;
}
