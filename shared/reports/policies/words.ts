import type { Method } from "@apportion/allocation/policy";
import type { PolicyMethods } from "@apportion/books/simulate/merged-policies";
import { categoryName } from "@apportion/domain/category";
import { printMix } from "@apportion/domain/meter-mix";

/** How a pool is split, in words: `by mlflow.runs, else evenly`. */
export function methodsText(methods: PolicyMethods): string {
  return methods.map((method) => (typeof method === "string" ? method : methodText(method))).join(", else ");
}

function methodText(method: Method): string {
  switch (method.kind) {
    case "usage":
      return `by ${printMix(method.meters)}${method.window === "day" ? ", each day alone" : ""}`;
    case "proportional":
      return method.to === "direct" || method.to === "total"
        ? `by ${method.to} cost`
        : `by ${categoryName(method.to)} cost`;
    case "even":
      return "evenly";
    case "fixed":
      return `fixed: ${Object.entries({ ...method.teams, ...method.services })
        .map(([id, percent]) => `${id} ${percent} %`)
        .join(", ")}`;
    case "keep":
      return "kept apart";
  }
}
