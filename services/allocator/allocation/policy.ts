/** One way to split a pool among teams. */
export type Method =
  /** By measured usage of the billing month so far. */
  | { readonly kind: "usage"; readonly meter: string }
  /** By the teams' direct cost of the day; for the system pool of a cluster, of that cluster. */
  | { readonly kind: "proportional" }
  /** The same for every team. */
  | { readonly kind: "even" };

/** How the cost of one pool is split: the first method that has something to go by, named on every line it makes. */
export interface PoolPolicy {
  /** Id of the shared service, or `system` for the system namespaces of every cluster. */
  readonly pool: string;
  readonly methods: readonly Method[];
}

/** For pools that no policy names. */
export const DEFAULT_METHODS: readonly Method[] = [{ kind: "proportional" }, { kind: "even" }];
