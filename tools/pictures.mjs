// Makes the pictures of README and docs from a demo: `node tools/pictures.mjs` (needs Chromium and ImageMagick).
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const pictures = join(root, "docs", "pictures");
const folder = mkdtempSync(join(tmpdir(), "apportion-pictures-"));
const apportion = (...args) =>
  execFileSync(process.execPath, [join(root, "services/all-in-one/apportion.mjs"), ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });

/** The HTML of a mail as it lies in the demo's mailbox, whose parts are quoted-printable or base64. */
function htmlOf(mail) {
  const [, head = "", body = ""] =
    /(content-type: text\/html[\s\S]*?)\r?\n\r?\n([\s\S]*?)\r?\n--/i.exec(mail) ?? [];
  if (/base64/i.test(head)) return Buffer.from(body, "base64").toString("utf8");
  const bytes = body
    .replace(/=\r?\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** With the pictures that came with it. */
function shown(mail) {
  const part = /content-id: <([^>]+)>[^]*?\r?\n\r?\n([\w+/=\r\n]+?)\r?\n--/gi;
  return [...mail.matchAll(part)].reduce(
    (html, [, id, base64]) =>
      html.replaceAll(`cid:${id}`, `data:image/png;base64,${base64.replace(/\s/g, "")}`),
    htmlOf(mail),
  );
}

function picture(name, html, size) {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, html);
  screenshot(name, pathToFileURL(file).href, size);
}

function screenshot(name, address, [width, height]) {
  const raw = join(folder, `${name}.png`);
  execFileSync(
    "chromium",
    [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--hide-scrollbars",
      "--force-device-scale-factor=1.5",
      "--virtual-time-budget=30000", // pages ask before they show
      `--window-size=${width},${height}`,
      `--screenshot=${raw}`,
      address,
    ],
    { stdio: "ignore" },
  );
  execFileSync("convert", [raw, "+dither", "-colors", "96", "-strip", join(pictures, `${name}.png`)]);
}

/** Pages as `demo --stay` answers them. */
async function pagesOf(data) {
  const demo = spawn(
    process.execPath,
    [join(root, "services/all-in-one/apportion.mjs"), "demo", "--stay", "--data", data],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  try {
    const address = await new Promise((resolve, reject) => {
      let said = "";
      const look = (text) => {
        said += text;
        const [found] = /http:\/\/127\.0\.0\.1:\d+(?=\s)/.exec(/Pages[^\n]*\n/.exec(said)?.[0] ?? "") ?? [];
        if (found) resolve(found);
      };
      for (const stream of [demo.stdout, demo.stderr]) stream.setEncoding("utf8").on("data", look);
      demo.once("exit", () => reject(new Error(`the demo ended: ${said}`)));
    });
    screenshot("overview", `${address}/?month=2026-11`, [1280, 900]);
    screenshot("changes", `${address}/changes?month=2026-11`, [1280, 900]);
    screenshot("shared-services", `${address}/shared?month=2026-11`, [1280, 900]);
    screenshot("why", `${address}/teams/nlp?month=2026-11&why=nlp/2026-11/pool:mlflow`, [1280, 900]);
    screenshot("recommendations", `${address}/recommendations?month=2026-11`, [1280, 900]);
    screenshot("books", `${address}/books?month=2026-11`, [1280, 900]);
  } finally {
    demo.kill("SIGINT");
    await once(demo, "exit");
  }
}

try {
  mkdirSync(pictures, { recursive: true });
  const data = join(folder, "data");
  apportion("demo", "--once", "--data", data);
  apportion("report", "--month", "2026-11", "--data", data, "--out", folder, "--format", "html");
  const mails = join(data, "mail");
  const alert = readdirSync(mails).find((name) => /-of-the-november-2026-budget-used/.test(name));
  picture("cfo-page", readFileSync(join(folder, "2026-11", "finance-summary.html"), "utf8"), [900, 1500]);
  picture("team-report", readFileSync(join(folder, "2026-11", "nlp.html"), "utf8"), [760, 1400]);
  picture("alert", shown(readFileSync(join(mails, alert ?? ""), "utf8")), [700, 1600]);
  await pagesOf(data);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
