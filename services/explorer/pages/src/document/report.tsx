import type { ReactNode } from "react";
import type { Block } from "@apportion/reports/document/document";
import type { Json } from "../data/json.js";
import type { Report } from "../data/shapes.js";
import type { Asked } from "../why/asked.js";
import { Blocks } from "./block.js";

/** A report as a page, whoever's it is. */
export function ReportPage({
  of: { document, edition, currency },
  statement,
  links,
  children,
}: {
  readonly of: Report;
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
