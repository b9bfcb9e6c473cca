import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Finding } from "./main.js";

const MAIN = fileURLToPath(new URL("../../../services/all-in-one/dist/main.js", import.meta.url));
const SECONDS_MAX = 60;
const MEMORY_MIB_MAX = 600;

/** `demo --once` in a new folder: how long it takes, and the most memory that its Node.js process had. */
export async function benchDemo(): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), "apportion-bench-"));
  try {
    const start = performance.now();
    const child = spawn(process.execPath, [MAIN, "demo", "--once", "--data", join(folder, "data")], {
      stdio: "ignore",
    });
    let peakKib = 0;
    const watch = setInterval(() => {
      peakKib = Math.max(peakKib, peakOf(child.pid));
    }, 100);
    const [code] = (await once(child, "close")) as [number | null];
    clearInterval(watch);
    if (code !== 0) throw new Error(`The demo ended with exit code ${code}`);
    const seconds = (performance.now() - start) / 1000;
    const mib = peakKib / 1024;
    return [
      {
        what: "demo --once, two months of 24 teams on 3 clusters",
        measured: `${seconds.toFixed(1)} s`,
        limit: `under ${SECONDS_MAX} s`,
        ok: seconds < SECONDS_MAX,
      },
      {
        what: "its Node.js process at most (resident memory, the engine's child process apart)",
        measured: peakKib === 0 ? "not known: there is no /proc here" : `${Math.round(mib)} MiB`,
        limit: `under ${MEMORY_MIB_MAX} MiB`,
        ok: mib < MEMORY_MIB_MAX,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0; // it has just ended, or the system has no /proc
  }
}
