/** What somebody may do. `finance`: see all; `lead`: their teams; `analyst`: see all, but for protected names; `operator`: as analyst. Who decides what is in `decisions/rights.ts`. */
export const ROLES = ["finance", "lead", "analyst", "operator"] as const;
export type Role = (typeof ROLES)[number];

/** Whether a host is this machine. */
export function isLoopback({ hostname }: Pick<URL, "hostname">): boolean {
  return /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[?::1\]?)$/i.test(hostname);
}
