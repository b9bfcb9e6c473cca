/** The pages in their order, and the key after "g" that leads there. */
export const PAGES = [
  { path: "/", name: "Overview", key: "o" },
  { path: "/report", name: "Report", key: "m" },
  { path: "/explore", name: "Explore", key: "e" },
  { path: "/changes", name: "Changes", key: "c" },
  { path: "/teams", name: "Teams", key: "t" },
  { path: "/shared", name: "Shared services", key: "s" },
  { path: "/recommendations", name: "Recommendations", key: "r" },
  { path: "/policies", name: "Policies", key: "p" },
  { path: "/books", name: "Books", key: "b" },
  { path: "/readings", name: "Readings", key: "d" },
] as const;

/** Whether an address is that of a page or of one below it. */
export function isUnder(path: string, page: string): boolean {
  return path === page || (page !== "/" && path.startsWith(`${page}/`));
}
