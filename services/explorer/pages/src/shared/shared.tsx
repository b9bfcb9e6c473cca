import { useCallback, useMemo } from "react";
import type { BillingPeriod } from "@apportion/domain/period";
import { monthText } from "@apportion/reports/format";
import { FlowFigure } from "../charts/flow.js";
import { grouped } from "../data/amounts.js";
import { useAnswer } from "../data/ask.js";
import { useFrame } from "../data/frame.js";
import { changed, go, usePlace } from "../data/place.js";
import type { SharedServices } from "../data/shapes.js";
import { Answered, Empty } from "../parts/states.js";
import { TeamPicker } from "../parts/team-picker.js";
import { flowOf, OTHERS, serviceKey, sumsOf } from "./flow-of.js";
import { OfOne } from "./of-one.js";
import { OfAll } from "./of-all.js";
import { whyShare } from "./why-share.js";

/** Whose is what teams use together, and why so much of it is somebody's. */
export default function Shared() {
  const { month, teamName } = useFrame();
  const place = usePlace();
  const team = place.params.get("team") ?? undefined;
  const answer = useAnswer<SharedServices>(`/months/${month.month}/shared-services`);
  const name = monthText(month.month as BillingPeriod);
  return (
    <>
      <header className="headline">
        <p className="kicker">{name}</p>
        <h1>
          {team === undefined
            ? "Who pays for shared services"
            : `What ${teamName(team)} pays of shared services`}
        </h1>
        <TeamPicker />
      </header>
      <Answered of={answer} computing={`who pays for shared services in ${name}`}>
        {(found) =>
          found.services.length === 0 ? (
            <Empty title="Nothing is shared">
              No shared service cost anything in {name}, or no team that you see pays for one.
            </Empty>
          ) : (
            <Found of={found} team={team} />
          )
        }
      </Answered>
    </>
  );
}

function Found({ of, team }: { readonly of: SharedServices; readonly team: string | undefined }) {
  const { services, currency, month, isPosted } = of;
  const { teamName } = useFrame();
  const place = usePlace();
  const seen = useMemo(
    () =>
      team === undefined
        ? services
        : services.filter(({ shares }) => shares.some(({ payer }) => payer === team)),
    [services, team],
  );
  const flow = useMemo(() => flowOf(seen, team, teamName), [seen, team, teamName]);
  const pick = useCallback(
    (from: string | undefined, to: string | undefined) => {
      const service = seen.find((each) => serviceKey(each) === from);
      const payer = to === OTHERS ? undefined : to;
      if (service && payer !== undefined) go(changed(place, { why: whyShare(month, payer, service) }));
      else if (service) go(changed(place, { open: serviceKey(service), team: undefined }));
      else if (payer !== undefined) go(changed(place, { team: payer }));
    },
    [seen, place, month],
  );
  if (seen.length === 0)
    return (
      <Empty title={`${teamName(team ?? "")} pays for no shared service`}>
        Its share of all of them is nothing in this month.
      </Empty>
    );
  const { all, own } = sumsOf(seen, team);
  const name = monthText(month as BillingPeriod);
  return (
    <>
      <section className="card">
        <p className="sum">
          <strong>{`${currency} ${grouped(team === undefined ? all : own)}`}</strong>{" "}
          <span className="quiet">
            {`${team === undefined ? "for what is split between teams" : `of the ${grouped(all)} that the services it uses cost everybody`}, ${isPosted ? "as posted" : "provisional"}`}
          </span>
        </p>
        <FlowFigure
          title={`From shared services to who pays, ${name}`}
          says={`${seen.length} services, ${currency} ${all} in all; the costliest is ${seen[0]?.name ?? ""}.`}
          flow={flow}
          currency={currency}
          onPick={pick}
        />
      </section>
      {team === undefined ? <OfAll of={of} /> : <OfOne of={of} services={seen} team={team} />}
    </>
  );
}
