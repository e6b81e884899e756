import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { until } from "../support/child.ts";
import { madeBytes } from "../support/made-instance.ts";

const study = "2.25.7001";
/** A reader of a dropped folder answers at most 100 entries at a time. */
const images = 130;

const define = chromium === null ? () => {} : describe;
define("a folder dropped on the window, in a Chromium that refuses service workers", () => {
  let box: Box;
  let browser: Browser;
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-drop-"));
  beforeAll(async () => {
    box = await startBox(`[[destination]]\nid = "archive"\nkind = "folder"\npath = "received"`);
    await box.client("radiographer"); // the account
    browser = await startBrowser({ withoutServiceWorker: true, viewport: { width: 1024, height: 768 } });
  }, 60_000);
  afterAll(async () => {
    await browser?.stop();
    await box?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** As a file manager does it: the browser is told of paths on this machine. */
  async function drop(path: string): Promise<void> {
    const session = await browser.page.context().newCDPSession(browser.page);
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"] as const)
      await session.send("Input.dispatchDragEvent", { type, x: 500, y: 400, data });
    await session.detach();
  }

  test("signing in, dropping, sending: all of it is delivered, and what is missing is said", async () => {
    const { page } = browser;
    const inner = join(folder, "CD", "DICOM", "SERIES");
    mkdirSync(inner, { recursive: true });
    for (let n = 1; n <= images; n++)
      writeFileSync(
        join(inner, `IM${n}`),
        madeBytes({ study, series: `${study}.1`, sop: `${study}.1.${n}`, pixels: 512 }),
      );
    writeFileSync(join(folder, "CD", "AUTORUN.INF"), "[autorun]");
    await page.goto(box.url);
    await page.getByRole("textbox", { name: "Username" }).fill("radiographer");
    await page.getByLabel("Password", { exact: true }).fill(testPassword);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("heading", { name: "Upload study" }).waitFor();
    await page.getByText("opening the app offline does not").waitFor();
    await page.getByRole("button", { name: "Add study" }).waitFor();
    await drop(join(folder, "CD"));
    await page.getByRole("heading", { name: "Confirm study" }).waitFor();
    await page.getByText(`1 series, ${images} images`).waitFor();
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await until(
      "it to be delivered",
      async () => (await page.getByText("Delivered", { exact: true }).count()) === 1,
      60_000,
    );
    const there = readdirSync(join(box.dataDir, "received", study), { recursive: true, encoding: "utf8" });
    expect(there.filter((name) => name.endsWith(".dcm"))).toHaveLength(images);
    expect(browser.complaints).toEqual([]);
  }, 120_000);
});
