import { CATEGORIES, type Category, categoryName } from "./category.js";

/** What one word stands for, where a budget is for more than a category. Kubernetes is at the price of the bill, so its difference from list price is compute. */
const GROUPS = {
  compute: [
    "cpu",
    "gpu",
    "memory",
    "rate-variance",
    "idle-cpu",
    "idle-gpu",
    "idle-memory",
    "idle",
    "idle-variance",
  ],
  storage: ["persistent-volume", "object-storage"],
} as const satisfies Readonly<Record<string, readonly Category[]>>;

/** What a budget can be for: a category of a statement, or a group of them. */
export const BUDGET_CATEGORIES = ["compute", "storage", ...CATEGORIES] as const;
export type BudgetCategory = (typeof BUDGET_CATEGORIES)[number];

/** The categories of statements that are counted; all of them where a budget names none. */
export function countedCategories(named: readonly BudgetCategory[]): ReadonlySet<Category> {
  return new Set(named.length === 0 ? CATEGORIES : named.flatMap(categoriesOf));
}

function categoriesOf(named: BudgetCategory): readonly Category[] {
  return named === "compute" || named === "storage" ? GROUPS[named] : [named];
}

/** In people's words: `compute`, `GPU`. */
export function budgetCategoryName(named: BudgetCategory): string {
  return named === "compute" || named === "storage" ? named : categoryName(named);
}
