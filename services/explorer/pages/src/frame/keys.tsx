import { Dialog } from "radix-ui";
import { useEffect, useState } from "react";
import { GLOSSARY } from "@apportion/reports/glossary";
import { go, toPage, usePlace } from "../data/place.js";
import { Finder } from "./finder.js";
import { PAGES } from "./pages.js";

const FIND = "apportion:find";
const WORDS = "apportion:words";
/** How long "g" waits for its second key. */
const SECOND_KEY_MS = 1500;

export function openFinder(): void {
  globalThis.dispatchEvent(new Event(FIND));
}

export function openWords(): void {
  globalThis.dispatchEvent(new Event(WORDS));
}

/** The keys of all pages, what they open, and the list of them. */
export function Keys() {
  const place = usePlace();
  const [open, setOpen] = useState<"finder" | "keys" | "words">();
  useEffect(() => {
    let wentAtMs = Number.NEGATIVE_INFINITY;
    const find = (): void => setOpen("finder");
    const words = (): void => setOpen("words");
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
      const isSecond = event.timeStamp - wentAtMs < SECOND_KEY_MS;
      wentAtMs = event.key === "g" && !isSecond ? event.timeStamp : Number.NEGATIVE_INFINITY;
      const page = isSecond ? PAGES.find(({ key }) => key === event.key) : undefined;
      if (page) go(toPage(place, page.path));
      else if (event.key === "/") find();
      else if (event.key === "?") setOpen("keys");
      else if (event.key === "w") words();
      else return;
      event.preventDefault();
    };
    globalThis.addEventListener("keydown", pressed);
    globalThis.addEventListener(FIND, find);
    globalThis.addEventListener(WORDS, words);
    return () => {
      globalThis.removeEventListener("keydown", pressed);
      globalThis.removeEventListener(FIND, find);
      globalThis.removeEventListener(WORDS, words);
    };
  }, [place]);
  const close = (): void => setOpen(undefined);
  return (
    <Dialog.Root open={open !== undefined} onOpenChange={close}>
      <Dialog.Portal>
        <div className="behind-dialog" aria-hidden="true" />
        <Dialog.Content className="dialog" aria-describedby={undefined}>
          {open === "finder" ? <Finder onDone={close} /> : open === "words" ? <WordList /> : <KeyList />}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

function KeyList() {
  const keys: readonly (readonly [string, string])[] = [
    ["/", "Find a team"],
    ...PAGES.map(({ key, name }) => [`g ${key}`, name] as const),
    ["w", "What words mean"],
    ["?", "This list"],
    ["Esc", "Close what is open beside the page or above it"],
  ];
  return (
    <>
      <Dialog.Title>Keys</Dialog.Title>
      <dl className="key-list">
        {keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <Dialog.Close className="button">Close</Dialog.Close>
    </>
  );
}

function WordList() {
  return (
    <>
      <Dialog.Title>What words mean</Dialog.Title>
      <dl className="word-list">
        {GLOSSARY.map(({ term, meaning }) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <Dialog.Close className="button">Close</Dialog.Close>
    </>
  );
}
