import { download } from "../parts/download.js";

const MARGIN = 24;
const TITLE_HEIGHT = 34;

/** The chart as it is on the screen, with its title and its unit, as a picture to keep. */
export function savePicture(figure: HTMLElement, title: string): void {
  const drawn = figure.querySelector("canvas");
  const picture = document.createElement("canvas");
  const ink = picture.getContext("2d");
  if (!drawn || !ink) return;
  const scale = drawn.width / drawn.clientWidth;
  const styles = getComputedStyle(document.documentElement);
  picture.width = drawn.width + 2 * MARGIN * scale;
  picture.height = drawn.height + (2 * MARGIN + TITLE_HEIGHT) * scale;
  ink.fillStyle = styles.getPropertyValue("--paper");
  ink.fillRect(0, 0, picture.width, picture.height);
  ink.fillStyle = styles.getPropertyValue("--ink");
  ink.font = `600 ${15 * scale}px ${styles.fontFamily}`;
  ink.fillText(title, MARGIN * scale, (MARGIN + 12) * scale, drawn.width);
  ink.drawImage(drawn, MARGIN * scale, (MARGIN + TITLE_HEIGHT) * scale);
  picture.toBlob((file) => {
    if (file) download(file, `${title.replaceAll(/[^\p{L}\p{N}]+/gu, "-").toLowerCase()}.png`);
  });
}
