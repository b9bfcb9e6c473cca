import { describe, expect, it } from "vitest";
import { parsePicos } from "@apportion/domain/money";
import { chargePeriodOf, parseDay } from "@apportion/domain/period";
import { failedReading } from "./source.js";

const KEY = {
  dataset: "usage" as const,
  source: "mlflow",
  scope: "mlflow",
  chargePeriod: chargePeriodOf(parseDay("2026-11-22")),
};
const thrownBy = (call: () => unknown): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown");
};

describe("a reading that failed", () => {
  it("is refused for its scope when its answer cannot be taken in, whatever our code made of it", () => {
    const failed = failedReading(
      KEY,
      thrownBy(() => BigInt(1.5)),
    );
    expect(failed.error).toMatchObject({ code: "malformed" });
    expect(failed.error.message).toContain(
      "usage/mlflow/mlflow/2026-11-22T00:00:00Z: the answer could not be taken in",
    );
    expect(
      failedReading(
        KEY,
        thrownBy(() => parsePicos("1e40")),
      ).error.code,
    ).toBe("absurd");
  });

  it("is no bad input when something else was lost", () => {
    const lost = new Error("the log is away");
    expect(thrownBy(() => failedReading(KEY, lost))).toBe(lost);
  });
});
