/** Names that are counted at once; the oldest are forgotten. */
const NAMES_MAX = 10_000;
const WINDOW_MS = 60_000;

/** Counts what each asks for within a minute. `allows` is false from the one on that is too many. */
export function rateLimit(perMinute: number, now: () => number): { allows(name: string): boolean } {
  const windows = new Map<string, { readonly since: number; count: number }>();
  return {
    allows(name) {
      const at = now();
      let window = windows.get(name);
      if (!window || at - window.since >= WINDOW_MS) {
        window = { since: at, count: 0 };
        windows.delete(name);
        windows.set(name, window);
        const [oldest = name] = windows.size > NAMES_MAX ? windows.keys() : [];
        if (oldest !== name) windows.delete(oldest);
      }
      window.count += 1;
      return window.count <= perMinute;
    },
  };
}
