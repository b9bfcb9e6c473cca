import { createContext, useContext } from "react";
import type { KnownMonth, Me } from "./shapes.js";

/** What all pages know: who looks, at which month, and with which it is compared. */
export interface Frame {
  readonly me: Me;
  /** In their order; there is one at least. */
  readonly months: readonly KnownMonth[];
  readonly month: KnownMonth;
  /** Undefined where nothing is known of an earlier one. */
  readonly before: KnownMonth | undefined;
  readonly currency: string;
  /** Whose costs are shown where no team is asked for: a lead sees no others. */
  readonly everybody: string;
  /** In people's words; of what is nobody's too. */
  readonly teamName: (id: string) => string;
}

export const FrameContext = createContext<Frame | undefined>(undefined);

export function useFrame(): Frame {
  const frame = useContext(FrameContext);
  if (!frame) throw new Error("A page stands in the frame");
  return frame;
}

/** Who pays for what no team does, as statements call them. */
const PAYERS: Readonly<Record<string, string>> = {
  idle: "Idle capacity",
  corporate: "The company",
  unallocated: "Nobody's",
};

/** @param params of the address: a month that is not known is as if none was asked for */
export function frameOf(me: Me, months: readonly KnownMonth[], params: URLSearchParams): Frame | undefined {
  const month = months.find((each) => each.month === params.get("month")) ?? months.at(-1);
  if (!month) return undefined;
  const at = months.indexOf(month);
  const before =
    months.find((each) => each.month === params.get("before") && each !== month) ?? months[at - 1];
  const [only] = me.teamNames.length === 1 ? me.teamNames : [];
  const names = new Map(me.teamNames.map(({ id, name }) => [id, name]));
  return {
    me,
    months,
    month,
    before,
    currency: me.currency,
    everybody: me.teams === "all" ? "everybody" : (only?.name ?? "your teams"),
    teamName: (id) => names.get(id) ?? PAYERS[id] ?? id,
  };
}
