import { Fragment } from "react";

/** Text as the program writes it: what stands between backticks is to be typed. */
export function Words({ text }: { readonly text: string }) {
  return text.split("`").map((part, at) =>
    // Parts have no names but their places, and never move.
    // oxlint-disable-next-line react/no-array-index-key
    at % 2 === 1 ? <code key={at}>{part}</code> : <Fragment key={at}>{part}</Fragment>,
  );
}
