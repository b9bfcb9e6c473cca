import { type ReactNode, Suspense, useId, useRef, useState } from "react";
import { savePicture } from "./picture.js";

/** A picture of amounts with its title, what it says in words, and the same as a table, one key away. */
export function Figure({
  title,
  says,
  currency,
  height,
  table,
  children,
}: {
  readonly title: string;
  /** The same in words, for those who do not see it. */
  readonly says: string;
  readonly currency: string;
  /** Of its place until it is drawn. */
  readonly height: number;
  readonly table: ReactNode;
  readonly children: ReactNode;
}) {
  const [asTable, setAsTable] = useState(false);
  const id = useId();
  const figure = useRef<HTMLElement>(null);
  return (
    <figure className="chart" aria-labelledby={id} ref={figure}>
      <figcaption>
        <span id={id}>{title}</span>
        <span className="figure-buttons">
          {!asTable && (
            <button
              type="button"
              className="quiet-button"
              aria-label={`PNG of ${title}`}
              onClick={() => figure.current && savePicture(figure.current, `${title}, ${currency}`)}
            >
              PNG
            </button>
          )}
          <button
            type="button"
            className="quiet-button"
            aria-pressed={asTable}
            onClick={() => setAsTable(!asTable)}
          >
            As a table
          </button>
        </span>
      </figcaption>
      {asTable ? (
        table
      ) : (
        <>
          <div aria-hidden="true">
            <Suspense fallback={<div className="drawing" style={{ height }} />}>{children}</Suspense>
          </div>
          <p className="unseen">{says}</p>
        </>
      )}
    </figure>
  );
}
