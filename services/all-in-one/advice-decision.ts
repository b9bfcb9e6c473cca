import { decideOnAdvice, type AdviceDecision } from "@apportion/advisor/decide";
import type { Recommendation } from "@apportion/books/advice/advise";
import { type Advice, readAdvice } from "@apportion/books/advice/read-advice";
import { type AdviceLife, readLives } from "@apportion/books/advice/read-life";
import { asFinance } from "@apportion/books/viewer";
import { dayOf } from "@apportion/domain/period";
import type { Platform } from "@apportion/platform/platform";
import { UsageError } from "./commands/context.js";
import { onRecord } from "./on-record.js";

/** What can be advised today, and where each stands. */
export async function adviceNow({
  clickhouse,
  registry,
  clock,
  recommendedAMonth,
  namesShownTo,
}: Platform): Promise<{ readonly advice: Advice; readonly lives: readonly AdviceLife[] }> {
  const client = await clickhouse();
  const request = {
    registry,
    today: dayOf(clock()),
    minimumAMonth: recommendedAMonth,
    viewer: asFinance(namesShownTo),
  };
  const advice = await readAdvice(client, request);
  return { advice, lives: await readLives(client, request, advice) };
}

/**
 * Accepts what is advised now, or dismisses it.
 * @param isTheirs whether whoever decides may decide about it; what is not theirs is as if it were not there
 * @throws UsageError when it is not advised now, or accepted already
 */
export async function decideOnSaid(
  platform: Platform,
  id: string,
  decision: AdviceDecision,
  isTheirs: (recommendation: Recommendation) => boolean = () => true,
): Promise<{ readonly said: Recommendation; readonly before: AdviceLife | undefined }> {
  return onRecord(platform, async () => {
    const { advice, lives } = await adviceNow(platform);
    const said = advice.recommendations.find((each) => each.id === id);
    if (!said || !isTheirs(said)) throw unknownAdvice(id);
    const before = lives.find((life) => life.id === id);
    if (decision.decision === "accepted" && before?.life.state === "accepted" && before.decided)
      throw new UsageError(
        `${id} is accepted already, by ${before.decided.by} on ${before.decided.on}: what it saves is measured from then on. To take that back: \`recommendations dismiss\``,
      );
    await decideOnAdvice({ clickhouse: await platform.clickhouse(), clock: platform.clock }, said, decision);
    return { said, before };
  });
}

export function unknownAdvice(id: string): UsageError {
  return new UsageError(
    `There is no recommendation "${id}" now; see \`apportion recommendations list --all\``,
  );
}
