import { Suspense, useEffect, useMemo, useRef } from "react";
import { useAnswer } from "../data/ask.js";
import { FrameContext, frameOf } from "../data/frame.js";
import { usePlace } from "../data/place.js";
import type { KnownMonth, Me } from "../data/shapes.js";
import { Link } from "../parts/link.js";
import { Answered, Empty, Skeleton } from "../parts/states.js";
import { Keys } from "./keys.js";
import { isUnder, PAGES } from "./pages.js";
import { Rail } from "./rail.js";
import { loadPages, ROUTES, WhyPanel } from "./routes.js";
import { TopBar } from "./top-bar.js";
import { Unloadable } from "./unloadable.js";

/** After so long the first page is there, and the others are loaded for whoever goes on. */
const IDLE_MS = 2000;

/** The frame, and in it the page of the address. */
export function App() {
  const me = useAnswer<Me>("/me");
  const months = useAnswer<{ months: KnownMonth[] }>("/months");
  return (
    <Answered of={me} computing="who looks">
      {(who) => (
        <Answered of={months} computing="which months there are">
          {(known) => <Framed me={who} months={known.months} />}
        </Answered>
      )}
    </Answered>
  );
}

function Framed({ me, months }: { readonly me: Me; readonly months: readonly KnownMonth[] }) {
  const { path, params } = usePlace();
  const main = useRef<HTMLElement>(null);
  const asked = params.toString();
  const frame = useMemo(() => frameOf(me, months, new URLSearchParams(asked)), [me, months, asked]);
  const page = PAGES.find((each) => isUnder(path, each.path));
  const name = page?.name ?? (path === "/why" ? "Why" : "No such page");
  useEffect(() => {
    document.title = `${name} · Apportion`;
  }, [name]);
  useArrival(path, main);
  useEffect(() => {
    const later = setTimeout(loadPages, IDLE_MS);
    return () => clearTimeout(later);
  }, []);
  if (!frame)
    return (
      <main className="alone">
        <Empty title="Nothing is allocated yet">
          The first day is here when the readings that it takes have come in. Is a source configured, and does
          it answer? <code>apportion doctor</code> says so.
        </Empty>
      </main>
    );
  const [Page, parts] = pageAt(path);
  return (
    <FrameContext value={frame}>
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <Rail />
      <div className="beside-rail">
        <TopBar />
        <main id="page" tabIndex={-1} ref={main}>
          <Unloadable key={path}>
            <Suspense fallback={<Skeleton computing="the page" />}>
              <Page parts={parts} />
            </Suspense>
          </Unloadable>
        </main>
      </div>
      {params.has("why") && (
        <Unloadable key={params.get("why")}>
          <Suspense fallback={null}>
            <WhyPanel />
          </Suspense>
        </Unloadable>
      )}
      <Keys />
    </FrameContext>
  );
}

/** Another page begins at its top, and who hears it is told so; a change of parameters moves nobody. */
function useArrival(path: string, main: React.RefObject<HTMLElement | null>): void {
  const last = useRef(path);
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    globalThis.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [path, main]);
}

/** The page of an address, and what its parts say; an address that is no text is of no page. */
function pageAt(path: string): readonly [(typeof ROUTES)[number][1], readonly string[]] {
  try {
    for (const [route, page] of ROUTES) {
      const parts = route.exec(path)?.slice(1);
      if (parts) return [page, parts.map(decodeURIComponent)];
    }
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  return [NoSuchPage, []];
}

function NoSuchPage() {
  return (
    <Empty title="There is no such page">
      The address is not one of these pages. <Link to="/">Overview</Link>
    </Empty>
  );
}
