// Builds every package of the clone, and prints nothing but what went wrong: turbo's own words would get into answers and pipes.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const TURBO = `${ROOT}node_modules/turbo/bin/turbo`;
/** As old as the last build that went well. */
const BUILT = `${ROOT}services/all-in-one/dist/.built`;
/** What `apportion` is made of. */
const SOURCES = ["shared", "services"];
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** Whether a source is younger than the last build. A look at some hundreds of files, so that every command can afford it. @public */
export function isBuilt() {
  if (!existsSync(BUILT)) return false;
  const builtMs = statSync(BUILT).mtimeMs;
  return !SOURCES.some((folder) => hasYounger(`${ROOT}${folder}`, builtMs));
}

function hasYounger(folder, builtMs) {
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory())
      return entry.name !== "dist" && entry.name !== "node_modules" && hasYounger(path, builtMs);
    return (
      /\.(tsx?|css|html|svg)$|^(package|tsconfig)\.json$/.test(entry.name) && statSync(path).mtimeMs > builtMs
    );
  });
}

/** Whether this is a clone with what building takes: an image has neither. @public */
export function canBuild() {
  return existsSync(TURBO);
}

/** True when it went well; what did not is on standard error. @public */
export function build() {
  const startedAt = new Date();
  const { status, stdout, stderr } = spawnSync(process.execPath, [TURBO, "run", "build"], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: OUTPUT_BYTES_MAX,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" },
  });
  if (status !== 0) {
    process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`);
    return false;
  }
  mkdirSync(`${ROOT}services/all-in-one/dist`, { recursive: true });
  writeFileSync(BUILT, "");
  utimesSync(BUILT, startedAt, startedAt); // what was changed meanwhile is built the next time
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = build() ? 0 : 1;
