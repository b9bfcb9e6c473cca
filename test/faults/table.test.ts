import { expect, it } from "vitest";
import { tableOf } from "./table.js";

it("says of each fault how often it was tried, what it did, and how long recovery took", () => {
  const results = [
    { fault: "broker killed", verdict: "recovered", recoveredMs: 2_000 },
    { fault: "broker killed", verdict: "recovered", recoveredMs: 9_000 },
    { fault: "broker killed", verdict: "recovered", recoveredMs: 4_000 },
    { fault: "allocator frozen", verdict: "stuck", recoveredMs: 60_000 },
  ] as const;
  expect(tableOf(results, [{ name: "clock stepped", missing: "libfaketime is not installed" }])).toBe(
    `| fault | times | lost | doubled | stuck | seconds to recover (median, worst) |
| --- | ---: | ---: | ---: | ---: | ---: |
| allocator frozen | 1 | 0 | 0 | 1 | never, never |
| broker killed | 3 | 0 | 0 | 0 | 4.0, 9.0 |
| **all** | 4 | 0 | 0 | 1 | 4.0, 9.0 |

Not tried here: clock stepped: libfaketime is not installed.`,
  );
});
