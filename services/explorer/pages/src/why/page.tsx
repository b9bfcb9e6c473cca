import { changed, usePlace } from "../data/place.js";
import { Empty } from "../parts/states.js";
import { whyOf, whyText } from "./asked.js";
import { Why } from "./why.js";

/** The same as beside a page, with all the room there is. */
export default function WhyPage() {
  const place = usePlace();
  const asked = whyOf(place.params.get("why") ?? "");
  return (
    <>
      <h1>Why</h1>
      {asked ? (
        <section className="card">
          <Why asked={asked} to={(next) => changed(place, { why: whyText(next) })} />
        </section>
      ) : (
        <Empty title="Why what?">Follow an amount of any page: its address then says which one it is.</Empty>
      )}
    </>
  );
}
