import { grouped, signed as signedText } from "../data/amounts.js";
import { changed, type Place, toPage, usePlace } from "../data/place.js";
import { type Asked, whyText } from "../why/asked.js";
import { Link } from "./link.js";

/** Where an amount comes from: what Why says of it beside the page, or the view that tells it apart further. */
export type Reason =
  | { readonly why: Asked }
  | {
      readonly to: string;
      /** What is there, for those who hear the link alone: `by team`. */
      readonly says: string;
    };

/** An amount that leads to where it comes from. */
export function ReasonAmount({
  of,
  reason,
  signed = false,
  label,
}: {
  readonly of: string;
  readonly reason: Reason;
  readonly signed?: boolean;
  /** Whose it is, for those who hear the link alone. */
  readonly label: string;
}) {
  const place = usePlace();
  const text = signed ? signedText(of) : grouped(of);
  const says = "why" in reason ? "why" : reason.says;
  return (
    <Link className="why" to={addressOf(reason, place)} aria-label={`${text}, ${label}: ${says}`}>
      {text}
    </Link>
  );
}

/** An amount of a statement: it opens where it comes from, beside the page. */
export function WhyAmount({
  why,
  ...rest
}: { readonly why: Asked } & Omit<Parameters<typeof ReasonAmount>[0], "reason">) {
  return <ReasonAmount reason={{ why }} {...rest} />;
}

function addressOf(reason: Reason, place: Place): string {
  return "why" in reason ? changed(place, { why: whyText(reason.why) }) : reason.to;
}

/** What differs of a payer between the months that are looked at: its parts. */
export function changesOf(place: Place, payer: string, effect?: string): Reason {
  return { to: toPage(place, "/changes", { team: payer, effect }), says: "what changed" };
}

/** A difference: its sign says what a colour would. */
export function Difference({
  of,
  reason,
  label = "",
}: {
  readonly of: string | undefined;
  readonly reason?: Reason;
  readonly label?: string;
}) {
  if (of === undefined) return <span className="quiet">not known</span>;
  return reason ? <ReasonAmount of={of} reason={reason} signed label={label} /> : signedText(of);
}
