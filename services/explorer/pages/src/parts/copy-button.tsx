import { useState } from "react";

const SAYS_MS = 2000;

/** Puts text where it can be pasted from, and says so. */
export function CopyButton({
  text,
  children,
}: {
  readonly text: string | (() => string);
  readonly children: string;
}) {
  const [said, setSaid] = useState("");
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : text());
      setSaid("Copied");
    } catch {
      setSaid("The browser does not let it be copied");
    }
    setTimeout(() => setSaid(""), SAYS_MS);
  };
  return (
    <button type="button" className="quiet-button" onClick={() => void copy()}>
      <span aria-live="polite">{said || children}</span>
    </button>
  );
}
