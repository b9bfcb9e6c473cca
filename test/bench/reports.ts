import { fileURLToPath } from "node:url";
import type { Finding } from "./finding.js";
import { runMeasured } from "./measured.js";

const PROGRAM = fileURLToPath(new URL("reports-run.js", import.meta.url));
const SECONDS_MAX = 120;
const MIB_MAX = 800;

/** A month of 500 teams as pages, text, files, PDF and workbooks, with finance's: as `apportion report` writes them, but for reading them. */
export async function benchReports(): Promise<Finding[]> {
  const { stdout, seconds, peakMib } = await runMeasured([PROGRAM]);
  const { teams, files, bytes, composing, rendering, processor } = JSON.parse(stdout) as Record<
    string,
    number
  >;
  return [
    {
      what: `Reports of ${teams} teams and of finance in every format: ${files} files, ${Math.round((bytes ?? 0) / 2 ** 20)} MiB`,
      measured: `${seconds.toFixed(1)} s (composed in ${composing?.toFixed(1)}, rendered and written in ${rendering?.toFixed(1)}; ${processor?.toFixed(1)} s of processor)`,
      limit: `under ${SECONDS_MAX} s on two cores`,
      ok: seconds < SECONDS_MAX,
    },
    {
      what: "  memory of the process",
      measured: `${peakMib} MiB`,
      limit: `under ${MIB_MAX} MiB`,
      ok: peakMib < MIB_MAX,
    },
  ];
}
