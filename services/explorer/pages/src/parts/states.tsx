import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ProblemError, query } from "../data/ask.js";

/**
 * An answer once it is there. Until then: nothing for 200 ms, then its place, and after a second what is computed. A failure says what failed;
 * what passes by itself is asked again, and what was answered before stays on the page with a word that it is of before.
 */
export function Answered<T>({
  of,
  computing,
  children,
}: {
  readonly of: UseQueryResult<T>;
  /** What takes a moment, in words: `the costs of November`. */
  readonly computing: string;
  readonly children: (answer: T) => ReactNode;
}) {
  const problem = of.error ?? of.failureReason;
  if (of.data !== undefined)
    return (
      <>
        {problem && (
          <output className="state-note">
            {`${problem.message} What you see is of ${timeText(of.dataUpdatedAt)}; it is asked again by itself.`}{" "}
            <SignIn problem={problem} />
          </output>
        )}
        {children(of.data)}
      </>
    );
  if (problem) return <Failed problem={problem} onAgain={() => void of.refetch()} />;
  return <Skeleton computing={computing} />;
}

function timeText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(11, 16)} UTC`;
}

export function Skeleton({ computing }: { readonly computing: string }) {
  return (
    <output className="skeleton">
      <span className="skeleton-says">{`Computing ${computing} …`}</span>
      <span className="skeleton-bar wide" />
      <span className="skeleton-bar" />
      <span className="skeleton-bar" />
    </output>
  );
}

function Failed({ problem, onAgain }: { readonly problem: Error; readonly onAgain: () => void }) {
  const isPassing = !(problem instanceof ProblemError) || problem.isPassing;
  return (
    <div className="state-card failed" role="alert">
      <h2>{isPassing ? "This could not be answered just now" : "This cannot be answered"}</h2>
      <p>{problem.message}</p>
      <SignIn problem={problem} />
      {isPassing ? (
        <p className="quiet">It is asked again by itself.</p>
      ) : (
        <button type="button" className="button" onClick={onAgain}>
          Ask again
        </button>
      )}
    </div>
  );
}

/** Leads to the sign-in, and from there back to the page as it is. */
function SignIn({ problem }: { readonly problem: Error }) {
  if (!(problem instanceof ProblemError) || problem.signIn === undefined) return null;
  return <a href={`${problem.signIn}${query({ returnTo: location.pathname + location.search })}`}>Sign in</a>;
}

/** Nothing is there: why, and what to do. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="state-card">
      <h2>{title}</h2>
      <p>{children}</p>
    </div>
  );
}
