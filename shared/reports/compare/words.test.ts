import { describe, expect, it } from "vitest";
import type { PrintedMovement } from "@apportion/books/compare/comparison";
import { movement, WORKLOAD } from "@apportion/books/compare/testing";
import { changePercent, movementDetail, movementName } from "./words.js";

const registry = { sharedServices: [{ id: "mlflow", name: "MLflow" }] };

describe("a movement", () => {
  it("is named by what it is of", () => {
    const nameOf = (of: PrintedMovement) => movementName(of, registry);
    const bucket = { kind: "object-storage" as const, cluster: "", namespace: "", controller: "", scope: "1111" };
    expect([
      nameOf(movement({})),
      nameOf({ ...movement({ label: "a" }), subject: { ...WORKLOAD, ...bucket, label: "a" }, category: "object-storage" }),
      nameOf({
        ...movement({}),
        subject: { ...WORKLOAD, ...bucket, kind: "bill", service: "Amazon RDS" },
        category: "services",
      }),
      nameOf(movement({}, { subject: { of: "pool", pool: "mlflow" }, category: "shared" })),
      nameOf(movement({}, { subject: { of: "idle", cluster: "eu-1", nodePool: "a100" }, category: "idle-gpu" })),
      nameOf(movement({}, { subject: { of: "rate-variance" }, category: "rate-variance" })),
    ]).toEqual([
      "CPU of eu-1/imaging/tumor-model",
      "S3 storage of 1111 tagged a",
      "Amazon RDS of 1111",
      "MLflow",
      "Idle GPU of eu-1/a100",
      "Kubernetes, bill less list prices",
    ]);
  });

  it("says whose it was and is", () => {
    const others = { before: ["team/b", "unallocated/"], after: ["pool/mlflow"] };
    expect(movementDetail(movement({}, { effect: "ownership", others }))).toBe(
      "was b, nobody's, is the pool mlflow's",
    );
  });
});

it("percent of a change has its sign, and none where there was nothing before", () => {
  expect([changePercent(5n, 20n), changePercent(-5n, 20n), changePercent(5n, -20n), changePercent(5n, 0n)]).toEqual(
    ["+25.0 %", "-25.0 %", "+25.0 %", "–"],
  );
});
