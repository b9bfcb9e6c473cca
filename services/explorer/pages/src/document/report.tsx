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
export function useReport(path: string): { readonly of: UseQueryResult<Report>; readonly isWhole: boolean } {
  const figures = useAnswer<Report>(`${path}?part=figures`);
  const whole = useAnswer<Report>(path);
  const isWhole = whole.data !== undefined || whole.error !== null;
  return { of: isWhole ? whole : figures, isWhole };
}

/** A report as a page, whoever's it is. */
export function ReportPage({
  of: { document, edition, currency },
  isWhole,
  statement,
  links,
  children,
}: {
  readonly of: Report;
  /** Otherwise more of it is on its way. */
  readonly isWhole: boolean;
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
      {!isWhole && (
        <output className="state-note">
          What changed, what workloads cost and what would save is still computed: it follows by itself.
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
