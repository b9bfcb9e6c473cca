import type { Deployment } from "./deployment.js";
import type { Random } from "./random.js";

/** Something that goes wrong, and is mended after a while. */
export interface Fault {
  /** As the table names it. */
  readonly name: string;
  /** How many of a hundred faults are of this kind. */
  readonly share: number;
  /** Shortest and longest time until it is mended, in milliseconds. */
  readonly holdMs: readonly [number, number];
  /** Faults that take long happen at once with the others that say the same: on different services, so each is still seen. */
  readonly together?: string;
  /** Why it cannot be tried on this machine; absent where it can. */
  readonly missing?: string;
  /** Begins it; what it resolves with ends it. Work is under way when it is called. */
  inject(deployment: Deployment, random: Random): Promise<() => Promise<void>>;
}
