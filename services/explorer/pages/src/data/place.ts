import { useSyncExternalStore } from "react";

/** Where one is: the address is the state of the page, so that reload, back and sharing work. */
export interface Place {
  readonly path: string;
  readonly params: URLSearchParams;
}

/** What changes in the parameters: undefined takes one away, a list is there once for each. */
export type Changes = Readonly<Record<string, string | readonly string[] | undefined>>;

const MOVED = "apportion:moved";
/** Parameters that every page keeps: which month, and what it is compared with. */
const KEPT = ["month", "before"];

function subscribe(onMove: () => void): () => void {
  globalThis.addEventListener("popstate", onMove);
  globalThis.addEventListener(MOVED, onMove);
  return () => {
    globalThis.removeEventListener("popstate", onMove);
    globalThis.removeEventListener(MOVED, onMove);
  };
}

/** The same object as long as the address is the same: in a table each amount asks for it. */
let known: { readonly href: string; readonly place: Place } | undefined;

function placeNow(): Place {
  const href = location.pathname + location.search;
  if (known?.href !== href) {
    const url = new URL(href, location.origin);
    known = { href, place: { path: url.pathname, params: url.searchParams } };
  }
  return known.place;
}

export function usePlace(): Place {
  return useSyncExternalStore(subscribe, placeNow);
}

export function go(to: string, { replace = false } = {}): void {
  if (to === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  globalThis.dispatchEvent(new Event(MOVED));
}

/** The same page with other parameters. */
export function changed({ path, params }: Place, changes: Changes): string {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    for (const each of typeof value === "string" ? [value] : (value ?? [])) next.append(name, each);
  }
  return addressOf(path, next);
}

/** Another page, of the same month. */
export function toPage({ params }: Place, path: string, changes: Changes = {}): string {
  const kept = KEPT.flatMap((name) => params.getAll(name).map((value): [string, string] => [name, value]));
  return changed({ path, params: new URLSearchParams(kept) }, changes);
}

function addressOf(path: string, params: URLSearchParams): string {
  const text = params.toString().replaceAll("%2C", ",").replaceAll("%2F", "/").replaceAll("%3A", ":");
  return text === "" ? path : `${path}?${text}`;
}
