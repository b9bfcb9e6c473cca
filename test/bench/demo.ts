import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Finding } from "./finding.js";
import { runMeasured } from "./measured.js";

const MAIN = fileURLToPath(new URL("../../../services/all-in-one/dist/main.js", import.meta.url));
const SECONDS_MAX = 60;
const MEMORY_MIB_MAX = 600;

/** `demo --once` in a new folder: how long it takes, and the most memory that its Node.js process has. */
export async function benchDemo(): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), "apportion-bench-"));
  try {
    const { seconds, peakMib } = await runMeasured([MAIN, "demo", "--once", "--data", join(folder, "data")]);
    return [
      {
        what: "demo --once, two months of 24 teams on 3 clusters",
        measured: `${seconds.toFixed(1)} s`,
        limit: `under ${SECONDS_MAX} s`,
        ok: seconds < SECONDS_MAX,
      },
      {
        what: "its Node.js process at most (resident memory, the engine's child process apart)",
        measured: `${peakMib} MiB`,
        limit: `under ${MEMORY_MIB_MAX} MiB`,
        ok: peakMib < MEMORY_MIB_MAX,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
