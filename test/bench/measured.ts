import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/**
 * Runs a program of ours and watches the most memory that its process has (resident, in MiB; 0 where there is no /proc).
 * @param besidePid another process, whose most memory in that time is `besideMib`
 */
export async function runMeasured(
  args: readonly string[],
  besidePid?: number,
): Promise<{
  readonly stdout: string;
  readonly seconds: number;
  readonly peakMib: number;
  readonly besideMib: number;
}> {
  const start = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  let peakKib = 0;
  let besideKib = 0;
  const watch = setInterval(() => {
    peakKib = Math.max(peakKib, memoryOf(child.pid, "VmHWM"));
    besideKib = Math.max(besideKib, memoryOf(besidePid, "VmRSS"));
  }, 100);
  const [code] = (await once(child, "close")) as [number | null];
  clearInterval(watch);
  if (code !== 0) throw new Error(`${args[0]} ended with exit code ${code}`);
  const [peakMib, besideMib] = [peakKib, besideKib].map((kib) => Math.round(kib / 1024));
  const took = (performance.now() - start) / 1000;
  return { stdout, seconds: took, peakMib: peakMib ?? 0, besideMib: besideMib ?? 0 };
}

/** In KiB: the most that it had, or what it has now. */
function memoryOf(pid: number | undefined, field: "VmHWM" | "VmRSS"): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
  } catch {
    return 0; // it has just ended, or the system has no /proc
  }
}

/** The least of these measurements that so large a share of them, 0.95 for instance, does not exceed; 0 of none. */
export function percentile(measured: readonly number[], share: number): number {
  return measured.toSorted((a, b) => a - b)[Math.ceil(measured.length * share) - 1] ?? 0;
}

export async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
