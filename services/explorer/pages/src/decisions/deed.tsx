import { type ReactNode, type SubmitEvent, useEffect, useId, useRef, useState } from "react";
import type { ProblemError } from "../data/ask.js";
import { Words } from "../parts/words.js";
import { useAct, type Waiting } from "./use-act.js";

export interface DeedProps {
  /** What the button begins: `Approve: close November 2026`. */
  readonly label: string;
  /** What the second button does: `Close November 2026`. */
  readonly confirm: string;
  readonly path: string;
  /** @param said what was filled in, by the names of its fields */
  readonly body: (said: Readonly<Record<string, string>>) => object;
  /** What it comes to, before it is done, and fields to fill in. */
  readonly children: ReactNode;
}

/** Something that somebody decides, in two steps: the first says what it comes to, the second does it. */
export function Deed(props: DeedProps) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  useEffect(() => {
    // Whoever thinks better of it is where they were.
    if (wasOpen.current && !isOpen) button.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  return isOpen ? (
    <DeedForm {...props} onClose={() => setOpen(false)} />
  ) : (
    <button ref={button} type="button" className="button" onClick={() => setOpen(true)}>
      {props.label}
    </button>
  );
}

function DeedForm({
  label,
  confirm,
  path,
  body,
  children,
  onClose,
}: DeedProps & { readonly onClose: () => void }) {
  const { act, isActing, underWay, problem } = useAct();
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    form.current?.querySelector<HTMLElement>("textarea, input, select, button[type=submit]")?.focus();
    return () => {
      // Once it is done its place may be gone: whoever goes by keys goes on from the page's beginning.
      if (document.activeElement === document.body)
        document.querySelector<HTMLElement>("#page")?.focus({ preventScroll: true });
    };
  }, []);
  const submit = async (event: SubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const filled = [...new FormData(event.currentTarget)].filter(([, value]) => typeof value === "string");
    if (await act(path, body(Object.fromEntries(filled) as Record<string, string>))) onClose();
  };
  return (
    <form
      ref={form}
      className="deed"
      aria-labelledby={`${id}-label`}
      onSubmit={(event) => void submit(event)}
    >
      <p id={`${id}-label`}>
        <strong>{label}</strong>
      </p>
      {children}
      {problem && <Refused problem={problem} />}
      {isActing && <UnderWay of={underWay} />}
      <p className="row">
        <button type="submit" className="button strong" disabled={isActing}>
          {confirm}
        </button>
        <button type="button" className="quiet-button" disabled={isActing} onClick={onClose}>
          Cancel
        </button>
      </p>
    </form>
  );
}

/** Why, as it stays on record. */
export function ReasonField({ label }: { readonly label: string }) {
  return (
    <label>
      <span>{label}</span>
      <textarea name="reason" required rows={2} maxLength={300} />
    </label>
  );
}

/** Why it was not done, where the button is. */
function Refused({ problem }: { readonly problem: ProblemError }) {
  return (
    <div className="note bad" role="alert">
      <p>{problem.message}</p>
      {problem.errors.length > 0 && (
        <ul className="bullets">
          {problem.errors.map(({ where, message }) => (
            <li key={where}>
              <strong>{where.replaceAll("-", " ")}</strong>: <Words text={message} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

export function UnderWay({ of }: { readonly of: Waiting["underWay"] }) {
  return (
    <output className="quiet">
      {of && of.total > 0
        ? `Under way: ${of.done} of ${of.total} days are computed again. It goes on when you leave this page.`
        : "Under way …"}
    </output>
  );
}
