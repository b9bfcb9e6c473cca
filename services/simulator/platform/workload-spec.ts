export interface WorkloadCosts {
  readonly cpu: number;
  readonly gpu: number;
  readonly ram: number;
  readonly pv: number;
  readonly loadBalancer: number;
  /** Estimated by Kubecost, charged from the bill: information. */
  readonly network: number;
}

/** What is used of what is held, from 0 to 1. */
export interface UsedShares {
  readonly cpu: number;
  readonly gpu: number;
  readonly ram: number;
}

/** What is left for peaks is no waste. */
export const LEAN: UsedShares = { cpu: 0.6, gpu: 0.7, ram: 0.7 };

/** What it does at night and on weekends: it works on, or runs and does nothing, or does not run. */
export type Nights = "works" | "rests" | "off";

/** What is to run on a cluster, by an ordinary weekday. */
export interface WorkloadSpec {
  readonly namespace: string;
  readonly controllerKind: string;
  readonly controller: string;
  readonly labels: Readonly<Record<string, string>>;
  /** A day in US dollars. */
  readonly usd: Partial<Readonly<Record<keyof WorkloadCosts, number>>>;
  /** Where it is not lean. */
  readonly used?: Partial<UsedShares>;
  readonly nights?: Nights;
  /** Costs the same on every day, to the cent. */
  readonly isSteady?: boolean;
  /** Where it has to run; by default on any node. */
  readonly node?: string;
  readonly kind?: "workload" | "unmounted" | "idle";
}
