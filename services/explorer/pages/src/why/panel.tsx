import { Dialog } from "radix-ui";
import { useEffect } from "react";
import { changed, go, usePlace } from "../data/place.js";
import { whyOf, whyText } from "./asked.js";
import { Why } from "./why.js";

/** Beside the page, where an amount of it comes from; closed by Esc, and the page is where it was. */
export default function WhyPanel() {
  const place = usePlace();
  const asked = place.path === "/why" ? undefined : whyOf(place.params.get("why") ?? "");
  const isOpen = asked !== undefined;
  useEffect(() => {
    document.body.classList.toggle("beside-panel", isOpen);
    return () => document.body.classList.remove("beside-panel");
  }, [isOpen]);
  if (!asked) return null;
  const close = (): void => go(changed(place, { why: undefined }));
  return (
    <Dialog.Root open modal={false} onOpenChange={close}>
      <Dialog.Portal>
        <Dialog.Content
          className="panel"
          aria-describedby={undefined}
          onInteractOutside={(event) => event.preventDefault()}
        >
          <div className="panel-head">
            <Dialog.Title>Why</Dialog.Title>
            <Dialog.Close className="quiet-button">Close</Dialog.Close>
          </div>
          <Why asked={asked} to={(next) => changed(place, { why: whyText(next) })} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
