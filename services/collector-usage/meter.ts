import type { UsageFactRow } from "@apportion/domain/facts";
import type { ChargePeriod } from "@apportion/domain/period";

/** What measures how much of a shared service was used, and by whom. Two adapters cover the field: MLflow and any PromQL. */
export interface UsageMeter {
  /** Kind of upstream: the first half of "source and scope". */
  readonly source: "mlflow" | "prometheus";
  /** Names this meter's reading. */
  readonly scope: string;
  /**
   * Usage of the period by team label or namespace; usage that nobody owns has neither. For a period that has not ended, what
   * was used until now. @throws ReadingError
   */
  read(period: ChargePeriod, now: Date, signal: AbortSignal): Promise<UsageFactRow[]>;
}
