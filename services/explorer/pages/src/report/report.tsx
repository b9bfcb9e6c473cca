import type { BillingPeriod } from "@apportion/domain/period";
import type { Block } from "@apportion/reports/document/document";
import { monthText } from "@apportion/reports/format";
import { useAnswer } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import type { Json } from "../data/json.js";
import type { Report as Answer } from "../data/shapes.js";
import { Blocks } from "../document/block.js";
import { Answered } from "../parts/states.js";

/** The month as finance is mailed it: every team and cost center, and who should do what about idle capacity and what is nobody's. */
export default function Report() {
  const { month } = useFrame();
  const answer = useAnswer<Answer>(`/months/${month.month}/report`);
  return (
    <Answered
      of={answer}
      computing={`the report of ${monthText(month.month as BillingPeriod)}, workload by workload`}
    >
      {({ document, edition, currency }) => {
        const blocks = document.blocks as unknown as readonly Json<Block>[];
        return (
          <>
            <header className="headline">
              <p className="kicker">
                {document.kicker}{" "}
                <span className={`badge ${edition}`}>{edition === "final" ? "posted" : "provisional"}</span>
              </p>
              <h1>{document.heading}</h1>
            </header>
            <div className="card">
              <Blocks of={blocks.filter(({ kind }) => kind !== "section")} currency={currency} />
            </div>
            <div className="sections">
              <Blocks of={blocks.filter(({ kind }) => kind === "section")} currency={currency} />
            </div>
            <footer className="small-print">
              {document.footer.map((line) => (
                <p key={line}>{line}</p>
              ))}
            </footer>
          </>
        );
      }}
    </Answered>
  );
}
