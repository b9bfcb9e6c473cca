import type { BillingPeriod, Day } from "@apportion/domain/period";
import { decimalOfCents } from "@apportion/domain/cents";
import { dayText, monthText } from "@apportion/reports/format";
import { centsOf, grouped } from "../data/amounts.js";
import { query, useAnswer } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import { changed, toPage, usePlace } from "../data/place.js";
import type { Explanation, Statement } from "../data/shapes.js";
import { describedFilter } from "../explore/value-name.js";
import { Link } from "../parts/link.js";
import { Answered, Empty } from "../parts/states.js";
import { Lines } from "../teams/statement-table.js";
import { type Asked, exploredAs, narrowing, whyText } from "./asked.js";
import { LineWhy } from "./line-why.js";

type ToAsked = (next: Asked) => string;

/** Where an amount comes from: a statement's lines, or of one line the rule, the days, the facts and the readings. */
export function Why({ asked, to }: { readonly asked: Asked; readonly to: ToAsked }) {
  return asked.line === undefined ? (
    <StatementWhy asked={asked} to={to} />
  ) : (
    <OneLine asked={{ ...asked, line: asked.line }} to={to} />
  );
}

function pathOf({ team, month }: Asked): string {
  return `/teams/${encodeURIComponent(team)}/months/${month}`;
}

function useName({ team, month }: Asked): string {
  const { teamName } = useFrame();
  return `${teamName(team)}, ${monthText(month as BillingPeriod)}`;
}

function StatementWhy({ asked, to }: { readonly asked: Asked; readonly to: ToAsked }) {
  const name = useName(asked);
  const statement = useAnswer<Statement>(`${pathOf(asked)}/statement`);
  return (
    <Answered of={statement} computing={`the statement of ${name}`}>
      {(found) =>
        asked.of ? <SomeLines of={found} asked={asked} to={to} /> : <AllLines of={found} name={name} />
      }
    </Answered>
  );
}

function AllLines({ of, name }: { readonly of: Statement; readonly name: string }) {
  const { currency, total, corrections } = of;
  const beside = corrections.reduce((sum, { amount }) => sum + centsOf(amount), 0n);
  return (
    <>
      <p>
        <strong className="why-amount">{`${currency} ${grouped(total)}`}</strong>
        <br />
        {name}: the sum of these lines. Each opens further.
      </p>
      {beside !== 0n && (
        <p>{`With what is charged beside the statement it is ${currency} ${grouped(decimalOfCents(centsOf(total) + beside))}.`}</p>
      )}
      <Lines of={of} />
    </>
  );
}

/** Lines that an amount is the sum of, or a part of: of a statement's whole lines the reason is known, of a part of them its view by day. */
function SomeLines({
  of,
  asked,
  to,
}: {
  readonly of: Statement;
  readonly asked: Asked;
  readonly to: ToAsked;
}) {
  const { teamName } = useFrame();
  const place = usePlace();
  const { team, month } = asked;
  const { isWanted, finer, days } = narrowing(asked);
  const lines = of.lines.filter(isWanted);
  const [only] = lines;
  const isPart = finer.length > 0 || days !== undefined;
  const sum = decimalOfCents(lines.reduce((all, { amount }) => all + centsOf(amount), 0n));
  const said = [
    ...(asked.of ?? [])
      .filter(([dimension]) => dimension !== "days")
      .map((pair) => describedFilter(pair, teamName)),
    ...(days ? [daysText(days)] : []),
  ].join("; ");
  const lead = (
    <>
      <p className="trail">
        <Link to={to({ team, month })}>{useName(asked)}</Link>
        <span aria-hidden="true"> › </span>
        {said}
      </p>
      <p>
        <Link to={toPage(place, "/explore", exploredAs(asked))}>Its days, and what it is made of</Link>
      </p>
    </>
  );
  if (!only)
    return (
      <>
        {lead}
        <Empty title="No line of the statement is like that">
          Days may have been allocated again since the page was opened.
        </Empty>
      </>
    );
  if (lines.length === 1)
    return (
      <>
        {lead}
        {isPart && <p>The amount is a part of this line, which is of the whole month:</p>}
        <OneLine
          asked={{ team, month, line: only.line, ...(days?.[0] === days?.[1] && days && { day: days[0] }) }}
          to={to}
          isWithin
        />
      </>
    );
  return (
    <>
      {lead}
      {isPart ? (
        <p>{`The amount is a part of these ${lines.length} lines, which are of the whole month. Each opens further.`}</p>
      ) : (
        <p>
          <strong className="why-amount">{`${of.currency} ${grouped(sum)}`}</strong>
          <br />
          The sum of these lines. Each opens further.
        </p>
      )}
      <Lines of={{ ...of, lines, corrections: [], later: [], total: sum }} sumOf="These lines" />
    </>
  );
}

function daysText([first, last]: readonly [Day, Day]): string {
  return first === last ? dayText(first) : `${dayText(first)} to ${dayText(last)}`;
}

function OneLine({
  asked,
  to,
  isWithin = false,
}: {
  readonly asked: Asked & { readonly line: number };
  readonly to: ToAsked;
  /** Whose line it is stands above already. */
  readonly isWithin?: boolean;
}) {
  const { team, month, line, day } = asked;
  const place = usePlace();
  const name = useName(asked);
  const explained = useAnswer<Explanation>(`${pathOf(asked)}/lines/${line}${query({ day })}`);
  return (
    <>
      {!isWithin && (
        <p className="trail">
          <Link to={to({ team, month })}>{name}</Link>
          <span aria-hidden="true"> › </span>
          {`line ${line}`}
          <span className="grow" />
          {place.path !== "/why" && (
            <Link
              to={changed(
                { ...place, path: "/why", params: new URLSearchParams(toPage(place, "/why").split("?")[1]) },
                { why: whyText(asked) },
              )}
            >
              As a page
            </Link>
          )}
        </p>
      )}
      <Answered of={explained} computing={`where line ${line} of ${name} comes from`}>
        {(explanation) => <LineWhy of={explanation} to={to} />}
      </Answered>
    </>
  );
}
