import type { BillingPeriod } from "@apportion/domain/period";
import { monthText } from "@apportion/reports/format";
import { useAnswer } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import type { Report as Answer } from "../data/shapes.js";
import { ReportPage } from "../document/report.js";
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
      {(report) => <ReportPage of={report} />}
    </Answered>
  );
}
