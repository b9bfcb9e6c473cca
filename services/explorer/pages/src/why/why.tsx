import type { BillingPeriod } from "@apportion/domain/period";
import { monthText } from "@apportion/reports/format";
import { grouped } from "../data/amounts.js";
import { query, useAnswer } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import { changed, toPage, usePlace } from "../data/place.js";
import type { Explanation, Statement } from "../data/shapes.js";
import { type Asked, whyText } from "../parts/amount.js";
import { Link } from "../parts/link.js";
import { Answered } from "../parts/states.js";
import { Lines } from "../teams/statement-table.js";
import { LineWhy } from "./line-why.js";

/** Where an amount comes from: a statement's lines, or of one line the rule, the days, the facts and the readings. */
export function Why({ asked, to }: { readonly asked: Asked; readonly to: (next: Asked) => string }) {
  const { team, month, line, day } = asked;
  const { teamName } = useFrame();
  const place = usePlace();
  const path = `/teams/${encodeURIComponent(team)}/months/${month}`;
  const statement = useAnswer<Statement>(line === undefined ? `${path}/statement` : undefined);
  const explained = useAnswer<Explanation>(
    line === undefined ? undefined : `${path}/lines/${line}${query({ day })}`,
  );
  const name = `${teamName(team)}, ${monthText(month as BillingPeriod)}`;
  if (line === undefined)
    return (
      <Answered of={statement} computing={`the statement of ${name}`}>
        {(found) => (
          <>
            <p>
              <strong className="why-amount">{`${found.currency} ${grouped(found.total)}`}</strong>
              <br />
              {name}: the sum of these lines. Each opens further.
            </p>
            <Lines of={found} />
          </>
        )}
      </Answered>
    );
  return (
    <>
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
      <Answered of={explained} computing={`where line ${line} of ${name} comes from`}>
        {(explanation) => <LineWhy of={explanation} to={to} />}
      </Answered>
    </>
  );
}
