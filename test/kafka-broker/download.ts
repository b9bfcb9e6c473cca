import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const DOWNLOAD_TIMEOUT_MS = 5 * 60_000;

/** Into `.kafka/` at the root of the repository, once; 45 jars, 43 MB. */
export function downloadJars(): string {
  const here = fileURLToPath(import.meta.url);
  const root = here.slice(0, here.lastIndexOf(`${path.sep}test${path.sep}kafka-broker`));
  const libs = path.join(root, ".kafka", "libs-4.4.0");
  if (existsSync(libs)) return libs;
  mkdirSync(path.dirname(libs), { recursive: true });
  const partial = mkdtempSync(`${libs}-`);
  const pom = path.join(root, "test", "kafka-broker", "kafka.pom.xml");
  const done = spawnSync(
    "mvn",
    ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${partial}`],
    { encoding: "utf8", timeout: DOWNLOAD_TIMEOUT_MS },
  );
  if (done.status !== 0) {
    rmSync(partial, { recursive: true, force: true });
    throw new Error(
      `Kafka's jars could not be had by Maven; set KAFKA_URL to a broker, or install maven and java. ${done.error?.message ?? ""} ${done.stdout ?? ""}${done.stderr ?? ""}`,
    );
  }
  try {
    renameSync(partial, libs);
  } catch (error) {
    if (!existsSync(libs)) throw error; // another test was faster
    rmSync(partial, { recursive: true, force: true });
  }
  return libs;
}
