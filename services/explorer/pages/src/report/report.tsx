import type { BillingPeriod } from "@apportion/domain/period";
import { monthText } from "@apportion/reports/format";
import { useFrame } from "../data/frame.js";
import { ReportPage, useReport } from "../document/report.js";
import { Answered } from "../parts/states.js";

/** The month as finance is mailed it: every team and cost center, and who should do what about idle capacity and what is nobody's. */
export default function Report() {
  const { month } = useFrame();
  const { of, rest } = useReport(`/months/${month.month}/report`);
  return (
    <Answered of={of} computing={`the report of ${monthText(month.month as BillingPeriod)}`}>
      {(report) => <ReportPage of={report} rest={rest} />}
    </Answered>
  );
}
