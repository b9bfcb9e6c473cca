import { describe, expect, it } from "vitest";
import { type Category, categoryName } from "./category.js";
import { lineName } from "./wording.js";

const registry = {
  sharedServices: [
    { id: "feast", name: "Feast" },
    { id: "mlflow", name: "MLflow" },
  ],
};
const nameOf = (category: Category, pool = ""): string => lineName({ category, pool }, registry);

describe("what a line is about", () => {
  it.each([
    ["cpu", "CPU"],
    ["gpu", "GPU"],
    ["memory", "Memory"],
    ["persistent-volume", "Persistent volumes"],
    ["load-balancer", "Load balancers"],
    ["rate-variance", "Kubernetes, bill less list prices"],
    ["object-storage", "S3 storage"],
    ["network", "Network"],
    ["services", "Other services"],
    ["corporate", "Tax, support, credits and fees"],
    ["unused-commitment", "Savings plans and reservations that nobody used"],
    ["idle-cpu", "Idle CPU"],
    ["idle-gpu", "Idle GPU"],
    ["idle-memory", "Idle memory"],
    ["idle", "Idle capacity"],
    ["idle-variance", "Allocated beyond the cost of nodes"],
    ["shared", "Shared services"],
    ["unallocated", "Costs that nobody owns"],
  ] as const)("%s is %s", (category, name) => {
    expect(categoryName(category)).toBe(name);
    expect(nameOf(category)).toBe(name);
  });

  it("is the pool that it is a share of", () => {
    expect(nameOf("shared", "mlflow")).toBe("MLflow");
    expect(nameOf("shared", "renamed")).toBe("renamed");
    expect(nameOf("shared", "system/shared-eu-1")).toBe("Kubernetes system services on shared-eu-1");
    expect(nameOf("idle-gpu", "idle/shared-eu-1")).toBe("Idle GPU of shared-eu-1");
    expect(nameOf("idle-gpu", "idle/shared-eu-1/a100")).toBe("Idle GPU of shared-eu-1/a100");
  });

  it("is its category in the pools that are called like one", () => {
    expect(nameOf("corporate", "corporate")).toBe("Tax, support, credits and fees");
    expect(nameOf("unused-commitment", "unused-commitment")).toBe(
      "Savings plans and reservations that nobody used",
    );
    expect(nameOf("unallocated", "unallocated")).toBe("Costs that nobody owns");
  });

  it("is not taken for a pool of a cluster because of a part of its name", () => {
    expect(nameOf("shared", "my-system/x")).toBe("my-system/x");
    expect(nameOf("shared", "system")).toBe("system");
    expect(nameOf("shared", "idle")).toBe("idle");
  });
});
