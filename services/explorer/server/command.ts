import { shellWord } from "@apportion/books/advice/paste";
import type { ExplorerDeps } from "./deps.js";
import type { Identity } from "./identity.js";

/**
 * A command to be pasted. Who is on this machine can run it as it stands, beside this process; who signed in from elsewhere is told of no folder here.
 * @param args behind `apportion`
 */
export function commandOf({ beside }: Pick<ExplorerDeps, "beside">, { by }: Identity, args: string): string {
  return beside && by === "local"
    ? `npx apportion ${args} --data ${shellWord(beside.dataDir)}`
    : `apportion ${args}`;
}
