/**
 * Adds the packages for other platforms that npm could not see when it wrote package-lock.json: a registry that lacks some of
 * them leaves them out, and then `npm ci` fails where they exist, and users of those platforms get no ClickHouse engine. Run
 * it after a change of dependencies; `--check` only says what is missing.
 */
import { readFileSync, writeFileSync } from "node:fs";

const FILE = new URL("../package-lock.json", import.meta.url);
const OS = {
  darwin: "darwin",
  linux: "linux",
  win32: "win32",
  windows: "win32",
  android: "android",
  freebsd: "freebsd",
  openharmony: "openharmony",
};
const CPU = {
  arm64: "arm64",
  x64: "x64",
  64: "x64",
  arm: "arm",
  ia32: "ia32",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
};
const LIBC = { gnu: "glibc", gnueabihf: "glibc", musl: "musl", musleabihf: "musl" };

const lock = JSON.parse(readFileSync(FILE, "utf8"));
const missing = Object.values(lock.packages).flatMap((entry) =>
  Object.entries(entry.optionalDependencies ?? {}).filter(([name]) => !lock.packages[`node_modules/${name}`]),
);

if (process.argv.includes("--check")) {
  for (const [name] of missing) console.error(`package-lock.json lacks ${name}`);
  if (missing.length > 0) console.error("Run: node tools/complete-lockfile.mjs");
  process.exitCode = missing.length > 0 ? 1 : 0;
} else {
  for (const [name, version] of missing) lock.packages[`node_modules/${name}`] = entryOf(name, version);
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
}

/** The platform is in the name: `@chdb/lib-linux-arm64-gnu`. */
function entryOf(name, version) {
  const words = name.split(/[-/]/);
  const one = (table) => words.filter((word) => word in table).map((word) => table[word]);
  const [os, cpu, libc] = [one(OS), one(CPU), one(LIBC)];
  if (os.length !== 1 || (cpu.length !== 1 && !name.includes("android-arm")))
    throw new Error(`${name}: its platform cannot be read from its name; add it by hand`);
  return { version, cpu: cpu.slice(0, 1), ...(libc.length > 0 && { libc }), optional: true, os };
}
