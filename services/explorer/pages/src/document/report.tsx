import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Block } from "@apportion/reports/document/document";
import { useAnswer } from "../data/ask.js";
import type { Json } from "../data/json.js";
import type { Report } from "../data/shapes.js";
import type { Asked } from "../why/asked.js";
import { Blocks } from "./block.js";

/**
 * A report of the API: its figures at once, and the whole when that is there. What is told workload by workload can take long where nobody asked
 * since something new was in the books.
 */
export function useReport(path: string): Answer {
  const whole = useAnswer<Report>(path);
  const isWhole = whole.data !== undefined;
  const figures = useAnswer<Report>(isWhole ? undefined : `${path}?part=figures`);
  if (isWhole) return { of: whole, rest: undefined };
  const problem = whole.error ?? whole.failureReason;
  return { of: figures, rest: problem ? { problem } : "computed" };
}

interface Answer {
  readonly of: UseQueryResult<Report>;
  /** What becomes of what is not there yet: it is computed, or there is a problem with it. Undefined where the whole is there. */
  readonly rest: "computed" | { readonly problem: Error } | undefined;
}

/** A report as a page, whoever's it is. */
export function ReportPage({
  of: { document, edition, currency },
  rest,
  statement,
  links,
  children,
}: {
  readonly of: Report;
  readonly rest: Answer["rest"];
  /** Of whose month it is: then its amounts lead to where they come from. */
  readonly statement?: Pick<Asked, "team" | "month">;
  readonly links?: ReactNode;
  /** Between what it begins with and its sections. */
  readonly children?: ReactNode;
}) {
  const blocks = document.blocks as unknown as readonly Json<Block>[];
  const around = { currency, ...(statement && { statement }) };
  return (
    <>
      <header className="headline">
        <p className="kicker">
          {document.kicker}{" "}
          <span className={`badge ${edition}`}>{edition === "final" ? "posted" : "provisional"}</span>
        </p>
        <h1>{document.heading}</h1>
        {links && <p className="links">{links}</p>}
      </header>
      <div className="card">
        <Blocks of={blocks.filter(({ kind }) => kind !== "section")} {...around} />
      </div>
      {rest && (
        <output className="state-note follows">
          {rest === "computed"
            ? "What changed, what workloads cost and what would save is still computed: it follows by itself."
            : `What changed, what workloads cost and what would save is missing here: ${rest.problem.message}`}
        </output>
      )}
      {children}
      <div className="sections">
        <Blocks of={blocks.filter(({ kind }) => kind === "section")} {...around} />
      </div>
      <footer className="small-print">
        {document.footer.map((line) => (
          <p key={line}>{line}</p>
        ))}
      </footer>
    </>
  );
}
