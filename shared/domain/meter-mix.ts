/** A meter of a usage method. */
export interface WeightedMeter {
  readonly meter: string;
  /** Percent of the pool that follows this meter, as a decimal; those of a mix add up to 100. */
  readonly percent: string;
}

/** What usage a pool follows. */
export type MeterMix = readonly WeightedMeter[];

/** For people and views: `mlflow.runs`, or `mlflow.runs 70 % + mlflow.run-hours 30 %`. Nothing reads it: tables have the meters beside it. */
export function printMix(mix: MeterMix): string {
  const [only, ...more] = mix;
  if (only && more.length === 0) return only.meter;
  return mix.map(({ meter, percent }) => `${meter} ${percent} %`).join(" + ");
}
