import type { Day } from "@apportion/domain/period";
import { dayText } from "@apportion/reports/format";
import { useAnswer } from "../data/ask.js";
import { changed, go, usePlace } from "../data/place.js";
import type { Policies as Answer } from "../data/shapes.js";
import { Answered } from "../parts/states.js";
import { ScrollTable } from "../parts/scroll-table.js";
import { Words } from "../parts/words.js";
import { Trial } from "./trial.js";

/** By which rules shared cost is split, and what others would do. */
export default function Policies() {
  const answer = useAnswer<Answer>("/policies");
  return (
    <>
      <header className="headline">
        <h1>Policies</h1>
      </header>
      <Answered of={answer} computing="the rules of today">
        {(policies) => (
          <>
            <Trial pools={policies.pools} />
            <Rules of={policies} />
          </>
        )}
      </Answered>
    </>
  );
}

const LONG = 120;

function Rules({ of: { pools, day, betweenServices } }: { readonly of: Answer }) {
  const place = usePlace();
  return (
    <section className="card" aria-labelledby="rules">
      <h2 id="rules">{`How shared cost is split on ${dayText(day as Day)}`}</h2>
      <p className="quiet">{`What services use of each other is settled by the ${betweenServices} method.`}</p>
      <ScrollTable label="Rules">
        <thead>
          <tr>
            <th scope="col">Pool</th>
            <th scope="col">Split</th>
            <th scope="col">Try</th>
          </tr>
        </thead>
        <tbody>
          {pools.map(({ pool, name, words, version, exempt, caps, minimums }) => (
            <tr key={pool}>
              <th scope="row">
                {name}
                <br />
                <small className="quiet">{pool}</small>
              </th>
              <td>
                {words.length > LONG ? (
                  <details>
                    <summary>{`${words.slice(0, 60)}…`}</summary>
                    {words}
                  </details>
                ) : (
                  <Words text={words} />
                )}
                <small className="quiet">
                  {[
                    exempt.length > 0 ? `exempt: ${exempt.join(", ")}` : "",
                    limits("at most", caps),
                    limits("at least", minimums),
                    version === "default" ? "no policy names it: the default" : `version ${version}`,
                  ]
                    .filter((part) => part !== "")
                    .map((part) => ` (${part})`)
                    .join("")}
                </small>
              </td>
              <td>
                <button
                  type="button"
                  className="text-button"
                  aria-label={`Try to split ${name} evenly`}
                  onClick={() => {
                    go(changed(place, { try: yamlOf(pool, "even") }));
                    globalThis.scrollTo(0, 0);
                  }}
                >
                  evenly
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </ScrollTable>
    </section>
  );
}

function limits(word: string, of: Readonly<Record<string, string>>): string {
  const each = Object.entries(of).map(([team, amount]) => `${team} ${amount}`);
  return each.length === 0 ? "" : `${word} ${each.join(", ")}`;
}

/** A policy as the configuration has it. */
export function yamlOf(pool: string, kind: string): string {
  return `allocation:\n  policies:\n    - pool: ${pool}\n      methods:\n        - kind: ${kind}\n`;
}
