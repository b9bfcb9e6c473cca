import type { SharedServices } from "../data/shapes.js";
import { type Asked, whyText } from "../why/asked.js";

type Service = Pick<SharedServices["services"][number], "category" | "pool">;

/** What Why is asked of a payer's share of a service. */
export function askedShare(month: string, team: string, { category, pool }: Service): Asked {
  return {
    team,
    month,
    of: [
      ["category", category],
      ["basis", "shared"],
      ["pool", pool],
    ],
  };
}

export function whyShare(month: string, team: string, service: Service): string {
  return whyText(askedShare(month, team, service));
}
