/** What a deployment decides about its reports. */
export interface ReportSettings {
  /** Day of the following month up to which a month may still be restated. */
  readonly settleDay: number;
  /** How costs are counted, in words; made of what was read where absent. */
  readonly chargingBasis?: string | undefined;
  /** Whom readers ask; empty where nobody is named. */
  readonly questionsTo: string;
  /** Of budgets: a percentage is never rounded up to one of them. */
  readonly thresholdsPercent: readonly number[];
}

/** Of who makes reports without a section that says more. */
export const DEFAULT_REPORT_SETTINGS: ReportSettings = {
  settleDay: 7,
  questionsTo: "",
  thresholdsPercent: [80, 90, 100],
};
