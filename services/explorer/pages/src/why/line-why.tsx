import { useMemo } from "react";
import { centsThatFoot } from "@apportion/domain/cents";
import { parsePicos } from "@apportion/domain/money";
import type { Day } from "@apportion/domain/period";
import type { Chart } from "@apportion/reports/document/document";
import { dayText } from "@apportion/reports/format";
import { ChartFigure } from "../charts/chart.js";
import { centsOf, grouped } from "../data/amounts.js";
import type { Explanation } from "../data/shapes.js";
import { Link } from "../parts/link.js";
import { ScrollTable } from "../parts/scroll-table.js";
import { Words } from "../parts/words.js";
import type { Asked } from "./asked.js";

type ToAsked = (next: Asked) => string;

/** Of a line that is not split. */
function directText(payer: string): string {
  switch (payer) {
    case "idle":
      return "Kept apart: capacity of shared clusters that nobody asked for, on no team's statement.";
    case "unallocated":
      return "Kept apart: nobody is known who caused it.";
    case "corporate":
      return "The company's: no team caused it.";
    default:
      return "Direct: whoever caused it pays all of it.";
  }
}

/** From the cents of a line to the place in the event log, step by step. */
export function LineWhy({ of, to }: { readonly of: Explanation; readonly to: ToAsked }) {
  const { line, currency, policy, days, day } = of;
  const isShared = days.some(({ driverTotal }) => driverTotal !== "");
  return (
    <ol className="steps">
      <li>
        <h2 className="step-title">The line</h2>
        <p>
          <strong className="why-amount">{`${currency} ${grouped(line.amount)}`}</strong>
          <br />
          {line.name}
          {line.reason !== "" && `: ${line.reason}`}
        </p>
        <p className="quiet">{`Exactly ${currency} ${line.exact}; statements are rounded to cents that add up.`}</p>
      </li>
      <li>
        <h2 className="step-title">The rule</h2>
        {policy ? (
          <p>
            Split <Words text={policy.words} />
            {policy.exempt.length > 0 && `; exempt: ${policy.exempt.join(", ")}`}
            <span className="quiet">{`, version ${policy.version}`}</span>
          </p>
        ) : (
          <p>{isShared ? "Split by the driver below." : directText(of.team)}</p>
        )}
      </li>
      <li>
        <h2 className="step-title">The days</h2>
        <Days of={of} to={to} />
      </li>
      <li>
        <h2 className="step-title">{`The facts of ${dayText(day as Day)}`}</h2>
        <Facts of={of} />
      </li>
      <li>
        <h2 className="step-title">The readings they were in</h2>
        <ul className="plain-list">
          {of.snapshots.map(({ snapshotId, reading, readAt, log }) => (
            <li key={snapshotId}>
              {reading}
              <br />
              <small className="quiet">{`read ${readAt.slice(0, 16)} UTC; in the event log ${log}; snapshot ${snapshotId.slice(0, 12)}`}</small>
            </li>
          ))}
        </ul>
      </li>
    </ol>
  );
}

function Days({
  of: { days, currency, team, month, line, day },
  to,
}: {
  readonly of: Explanation;
  readonly to: ToAsked;
}) {
  const isShared = days.some(({ driverTotal }) => driverTotal !== "");
  const chart = useMemo(
    (): Chart => ({
      kind: "chart",
      shape: "columns",
      title: `${line.name}, day by day`,
      says: `${days.length} days.`,
      labels: days.map((each) => String(Number(each.day.slice(8)))),
      series: [
        {
          name: line.name,
          colour: line.category,
          cents: centsThatFoot(
            days.map(({ exact }) => parsePicos(exact)),
            centsOf(line.amount),
          ),
        },
      ],
    }),
    [days, line],
  );
  return (
    <>
      <ChartFigure chart={chart} currency={currency} />
      <details open={isShared || days.length <= 3}>
        <summary>{`${days.length} days with their amounts`}</summary>
        <ScrollTable label="Days of the line" className="low">
          <thead>
            <tr>
              <th scope="col">Day, UTC</th>
              {isShared && (
                <>
                  <th scope="col" className="number">
                    Driver
                  </th>
                </>
              )}
              <th scope="col" className="number">{`Amount, ${currency}`}</th>
            </tr>
          </thead>
          <tbody>
            {days.map((each) => (
              <tr key={`${each.day} ${each.meter} ${each.runId}`}>
                <th scope="row">
                  <Link
                    to={to({ team, month, line: line.line, day: each.day })}
                    {...(each.day === day && { "aria-current": "true" })}
                  >
                    {dayText(each.day as Day)}
                  </Link>
                  {isShared && (
                    <>
                      <br />
                      <small className="quiet">{`all ${currency} ${short(each.poolCost)}`}</small>
                    </>
                  )}
                </th>
                {isShared && (
                  <>
                    <td className="number" title={each.meter}>
                      {each.driverTotal === ""
                        ? ""
                        : `${short(each.driverQuantity)} of ${short(each.driverTotal)}`}
                    </td>
                  </>
                )}
                <td className="number" title={each.exact}>
                  {short(each.exact)}
                </td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
        {isShared && (
          <p className="quiet">{`Driver: ${[...new Set(days.map(({ meter }) => meter))].filter((meter) => meter !== "").join(", ") || "as the rule says"}.`}</p>
        )}
      </details>
    </>
  );
}

/** Four places at most: exact ones stand in the titles. */
function short(exact: string): string {
  const [whole = "0", places = ""] = exact.split(".");
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${places === "" ? "" : `.${places.slice(0, 4)}`}`;
}

function Facts({ of: { facts, factCount, currency } }: { readonly of: Explanation }) {
  if (facts.length === 0) return <p className="quiet">No fact of its own: it is computed from the others.</p>;
  return (
    <>
      <ScrollTable label="Facts behind the line" className="low">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col" className="number">{`Amount, ${currency}`}</th>
          </tr>
        </thead>
        <tbody>
          {facts.map((fact) => {
            const what = [
              fact.cluster,
              fact.namespace,
              fact.controller,
              fact.node,
              fact.service,
              fact.usageType,
              fact.label,
            ]
              .filter((part) => part !== "")
              .join("/");
            return (
              <tr key={`${what} ${fact.kind} ${fact.exact} ${fact.snapshotId}`}>
                <th scope="row">
                  {what || fact.kind}
                  <br />
                  <small className="quiet">{`${fact.kind}, ${fact.source} ${fact.scope}`}</small>
                </th>
                <td className="number" title={fact.exact}>
                  {short(fact.exact)}
                </td>
              </tr>
            );
          })}
        </tbody>
      </ScrollTable>
      {factCount > facts.length && (
        <p className="quiet">{`The ${facts.length} costliest of ${factCount}.`}</p>
      )}
    </>
  );
}
