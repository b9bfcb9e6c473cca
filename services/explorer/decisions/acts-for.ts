import type { ExplorerDeps } from "../server/deps.js";
import type { Identity } from "../server/identity.js";
import { RefusedError } from "../server/problem.js";
import type { Acts } from "./acts.js";
import { requireRight, type Right } from "./rights.js";

/** Who does what somebody decides. @throws RefusedError where they may not, or nobody decides here */
export async function actsFor(
  deps: Pick<ExplorerDeps, "acts">,
  identity: Identity,
  right: Right,
): Promise<Acts> {
  requireRight(identity, right);
  return actsOf(deps);
}

export async function actsOf({ acts }: Pick<ExplorerDeps, "acts">): Promise<Acts> {
  if (!acts) throw new RefusedError(403, "This process decides nothing; use the command line");
  return acts();
}
