// Takes the pictures of docs/user-guide.md and the README: `bun scripts/pictures.ts`, with Chromium. They show the scenes of the browser tests.
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serveTestPage } from "../test/browser/test-page.ts";
import { startBrowser } from "../test/support/browser.ts";
import type { scenes } from "../web/dev/scenes.ts";

interface Picture {
  readonly scene: keyof typeof scenes;
  readonly width: number;
  readonly height: number;
}
const phone = (scene: Picture["scene"], height = 800): Picture => ({ scene, width: 390, height });
const desk = (scene: Picture["scene"], height = 640): Picture => ({ scene, width: 1000, height });

/** By the name of the file in docs/pictures. */
export const pictures: Readonly<Record<string, Picture>> = {
  upload: phone("upload-empty"),
  confirm: phone("confirm"),
  patients: phone("confirm-archive-mixed"),
  uploading: phone("uploading"),
  offline: phone("offline"),
  delivered: phone("delivered"),
  receipt: phone("receipt"),
  parked: phone("parked"),
  invite: phone("invite"),
  join: phone("join"),
  activity: phone("activity"),
  overview: desk("admin-trouble", 760),
  stuck: desk("admin-parked"),
  destinations: desk("admin-destinations", 720),
  rules: desk("admin-routing"),
};
export const pictureFolder = join(import.meta.dir, "../docs/pictures");

async function take(): Promise<void> {
  mkdirSync(pictureFolder, { recursive: true });
  const server = await serveTestPage();
  const browser = await startBrowser({ colorScheme: "dark", flags: ["--hide-scrollbars"] });
  try {
    const session = await browser.context.newCDPSession(browser.page);
    for (const [name, { scene, width, height }] of Object.entries(pictures)) {
      await session.send("Emulation.setDeviceMetricsOverride", {
        width,
        height,
        deviceScaleFactor: 1.5,
        mobile: false,
      });
      await browser.page.goto("about:blank");
      await browser.page.goto(server.scene(scene));
      await browser.page.waitForSelector("main:not([hidden]) h1");
      const path = join(pictureFolder, `${name}.png`);
      const { data } = await session.send("Page.captureScreenshot", { format: "png" });
      writeFileSync(path, Buffer.from(data, "base64"));
      process.stdout.write(`${name}.png ${Math.round(statSync(path).size / 1000)} kB\n`);
    }
  } finally {
    await browser.stop();
    server.stop();
  }
}
if (import.meta.main) await take();
