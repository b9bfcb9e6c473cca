import { grouped, signed as signedText } from "../data/amounts.js";
import { changed, usePlace } from "../data/place.js";
import { Link } from "./link.js";

/** What of a statement somebody asks "why" of: all of it, or a line. */
export interface Asked {
  readonly team: string;
  readonly month: string;
  readonly line?: number;
  readonly day?: string;
}

/** As the address has it: `search/2026-11/4`. */
export function whyText({ team, month, line, day }: Asked): string {
  return [team, month, line, line === undefined ? undefined : day]
    .filter((part) => part !== undefined)
    .map((part) => encodeURIComponent(part))
    .join("/");
}

export function whyOf(text: string): Asked | undefined {
  const [team, month, line, day] = text.split("/").map(decodeURIComponent);
  if (!team || !month) return undefined;
  const number = Number(line);
  return { team, month, ...(number > 0 && { line: number, ...(day && { day }) }) };
}

/** An amount that opens where it comes from, beside the page. */
export function WhyAmount({
  of,
  why,
  signed = false,
  label,
}: {
  readonly of: string;
  readonly why: Asked;
  readonly signed?: boolean;
  /** Whose it is, for those who hear the link alone. */
  readonly label: string;
}) {
  const place = usePlace();
  const text = signed ? signedText(of) : grouped(of);
  return (
    <Link className="why" to={changed(place, { why: whyText(why) })} aria-label={`${text}, ${label}: why`}>
      {text}
    </Link>
  );
}

/** A difference: its sign says what a colour would. */
export function Difference({ of }: { readonly of: string | undefined }) {
  return of === undefined ? <span className="quiet">not known</span> : signedText(of);
}
