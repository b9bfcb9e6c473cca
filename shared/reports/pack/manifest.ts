import { createHash } from "node:crypto";
import type { MonthStatus } from "../monthly/status.js";

/** What lies in a folder of reports, so that whoever gets it can tell that nothing was changed, and of which ledger it is. */
export interface Manifest {
  readonly month: string;
  readonly edition: MonthStatus["kind"];
  /** Last day whose costs are in it. */
  readonly asOf: string;
  readonly currency: string;
  /** Number and hash of the journal that closed the month; absent while it is open. */
  readonly statement?: { readonly seq: string; readonly hash: string };
  /** The ledger when this was written: `apportion verify --head` takes its hash. Absent while nothing is posted. */
  readonly ledgerHead?: { readonly seq: string; readonly hash: string };
  readonly files: readonly Listed[];
}

export interface Listed {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export const MANIFEST_FILE = "manifest.json";
export const SUMS_FILE = "SHA256SUMS";

export function listed(name: string, content: string | Uint8Array): Listed {
  return {
    name,
    bytes: Buffer.byteLength(content),
    sha256: createHash("sha256").update(content).digest("hex"),
  };
}

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify({ ...manifest, files: inOrder(manifest.files) }, undefined, 2)}\n`;
}

/** As `sha256sum --check` reads it, with the manifest's own. */
export function sumsText(manifest: Manifest): string {
  return inOrder([...manifest.files, listed(MANIFEST_FILE, manifestText(manifest))])
    .map(({ name, sha256 }) => `${sha256}  ${name}\n`)
    .join("");
}

function inOrder(files: readonly Listed[]): Listed[] {
  return files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
