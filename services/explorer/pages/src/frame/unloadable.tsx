import { Component, type ReactNode, useEffect } from "react";

/** When the page was last loaded again for this reason, so that it does not go on for ever. */
const KEY = "apportion.loadedAgainAt";
const LOOK_MS = 1500;
const AGAIN_MS = 30_000;

/** What a page cannot be shown without is away, or has changed since: the address says all, so the page is loaded again as soon as it can be. */
export class Unloadable extends Component<
  { readonly children: ReactNode },
  { readonly error: Error | undefined }
> {
  override state = { error: undefined };

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === undefined ? this.props.children : <NotLoaded />;
  }
}

function NotLoaded() {
  useEffect(() => {
    const looking = setInterval(() => void loadAgainIfThere(), LOOK_MS);
    return () => clearInterval(looking);
  }, []);
  return (
    <div className="state-card failed" role="alert">
      <h2>This page could not be shown</h2>
      <p>A part of it did not load: the service does not answer, or is a newer one than that of this page.</p>
      <p className="quiet">It is loaded again by itself.</p>
      <button type="button" className="button" onClick={() => location.reload()}>
        Load it again now
      </button>
    </div>
  );
}

async function loadAgainIfThere(): Promise<void> {
  const last = Number(sessionStorage.getItem(KEY) ?? 0);
  if (Date.now() - last < AGAIN_MS) return;
  const isThere = await fetch("/api/v1/me").then(
    ({ ok }) => ok,
    () => false,
  );
  if (!isThere) return;
  sessionStorage.setItem(KEY, String(Date.now()));
  location.reload();
}
