import type { Gate } from "@apportion/books/ledger/gates";
import { parseBillingPeriod } from "@apportion/domain/period";
import type { Identity } from "../server/identity.js";
import { RefusedError } from "../server/problem.js";
import type { Acts } from "./acts.js";
import { type Decidable, type DecidableDeps, findDecidable, requireWaiting } from "./decidable.js";
import { done } from "./refusals.js";
import { nameOnRecord, whyNotApprove } from "./rights.js";
import type { Progress, UnderWay } from "./under-way.js";

/** How long whoever approves waits for an answer, in milliseconds; then they are told how far it is. */
const WAIT_MS = 20_000;

export type Approval =
  { readonly state: "done" } | { readonly state: "under-way"; readonly underWay: Progress };

/**
 * Does what somebody else prepared. Asked again by the same person it is done once, and answered the same; of two who approve at once one does it.
 * @throws RefusedError
 */
export async function approve(
  deps: DecidableDeps & { readonly acts: Acts; readonly underWay: UnderWay<void> },
  prepared: Decidable,
  identity: Identity,
): Promise<Approval> {
  const { acts, underWay, clock } = deps;
  const approvedBy = nameOnRecord(identity);
  const why = whyNotApprove(identity, prepared);
  if (why !== "") throw new RefusedError(403, why);
  const isOwn = (state: Decidable["state"]): boolean =>
    state.kind === "decided" && state.as === prepared.act && state.by === approvedBy;
  const { state } = prepared;
  const hasBegun = underWay.of(prepared.id)?.by === approvedBy;
  if (!hasBegun) {
    if (!isOwn(state)) requireWaiting(prepared);
    else if (state.kind === "decided" && state.isWhole) return { state: "done" };
  }
  const begunAt = clock();
  const joined = await underWay.join(
    prepared.id,
    approvedBy,
    async (onProgress) => {
      const requireWanted = async (): Promise<void> =>
        requireWaiting(await findDecidable(deps, prepared.id, begunAt));
      await done(act(acts, prepared, { approvedBy, requireWanted, onProgress }));
      const after = await findDecidable(deps, prepared.id, begunAt);
      // Somebody else approved it at the same moment, maybe in another process: the books have one of the two.
      if (!isOwn(after.state)) requireWaiting(after);
    },
    WAIT_MS,
  );
  return "going" in joined ? { state: "under-way", underWay: joined.going } : { state: "done" };
}

async function act(
  acts: Acts,
  { id, act: what, about, reason, preparedBy }: Decidable,
  {
    approvedBy,
    requireWanted,
    onProgress,
  }: {
    readonly approvedBy: string;
    /** Somebody may withdraw it, in another process too, while a month is computed. */
    readonly requireWanted: () => Promise<void>;
    readonly onProgress: (done: number, total: number) => void;
  },
): Promise<void> {
  if (what === "adjust") return acts.approveAdjustment(id, approvedBy);
  if (what === "decide") throw new RefusedError(403, "A month is decided again on the command line");
  if (what !== "close")
    return acts.decideReading({ id: about, decision: what, reason, preparedBy, approvedBy });
  const month = parseBillingPeriod(about);
  const request = { month, preparedBy, approvedBy, overrideReason: reason, requireWanted };
  const { closed, gates } = await acts.close(request, onProgress);
  if (!closed) throw staysOpen(about, gates);
}

function staysOpen(month: string, gates: readonly Gate[]): RefusedError {
  const failed = gates.filter(({ passed }) => !passed);
  const names = failed.map(({ name }) => name.replaceAll("-", " ")).join(", ");
  return new RefusedError(
    409,
    `${month} stays open, and nothing was posted: ${failed.length === 1 ? "a gate does" : `${failed.length} gates do`} not pass: ${names}`,
    failed.map(({ name, says }) => ({ where: name, message: says })),
  );
}
