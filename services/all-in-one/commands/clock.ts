import type { Clock } from "@apportion/runtime/service";
import { demoClock, isConfigOf, readDemoFolder } from "../demo/folder.js";
import { UsageError } from "./context.js";
import { configFileOf, type CommonOptions } from "./load.js";

/** Commands that read sources, or reach for them. */
const READING = ["up", "collect", "doctor"];

/** The machine's clock; of a demo's folder its own. @throws UsageError where another platform would be read into a demo's folder */
export function clockOf(command: string, { data, config }: Partial<CommonOptions>, wall: Clock): Clock {
  const folder = data === undefined ? undefined : readDemoFolder(data);
  if (data === undefined || !folder) return wall;
  const file = configFileOf({ data, ...(config !== undefined && { config }) });
  if (READING.includes(command) && !isConfigOf(data, file))
    throw new UsageError(
      `--data: ${data} holds the demo's simulated platform, and ${file} is of another: name another folder with --data`,
    );
  return demoClock(folder, wall);
}
