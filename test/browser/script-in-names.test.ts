import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Box, startBox } from "../support/box.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { madeBytes } from "../support/made-instance.ts";
import { type Hand, handAt } from "./hand.ts";

setDefaultTimeout(120_000);
/** Each says that it ran by what it does to the page; short enough for every text of an image. */
const payloads = [
  "<img src=x onerror=evil()>",
  "<svg onload=evil()>",
  "'\"><script>evil()</script>",
  "{{evil()}}<%=evil()%>",
];
const even = (text: string) => (text.length % 2 === 0 ? text : `${text} `);
/** Every text that a screen shows of an image (PS3.6). */
const texts: readonly (readonly [number, number, string])[] = [
  [0x0008, 0x0050, "SH"],
  [0x0008, 0x0080, "LO"],
  [0x0008, 0x0090, "PN"],
  [0x0008, 0x1030, "LO"],
  [0x0008, 0x103e, "LO"],
  [0x0010, 0x1000, "LO"],
  [0x0018, 0x0015, "CS"],
  [0x0020, 0x0010, "SH"],
];

const define = chromium === null ? () => {} : describe;
define("T12: script in what images and files are called, in Chromium", () => {
  let browser: Browser;
  let box: Box;
  let hand: Hand;
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-names-"));
  beforeAll(async () => {
    box = await startBox('[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"');
    await box.client("radiographer");
    browser = await startBrowser();
    await browser.context.addInitScript(() => Object.assign(window, { evil: () => (document.title = "it ran") }));
    hand = handAt(browser);
    await hand.signIn(box.url);
  });
  afterAll(async () => {
    await browser.stop();
    await box.stop();
    rmSync(folder, { recursive: true });
  });
  const ran = () =>
    browser.page.evaluate(
      () => document.title === "it ran" || document.querySelector("main img[src=x], main svg[onload]") !== null,
    );

  test.each(payloads.map((payload, index) => [payload, index] as const))("%s: 0 executions", async (payload, index) => {
    const study = `2.25.12${index}`;
    const more = texts.map(([group, number, vr]) => [group, number, vr, even(payload)] as const);
    const bytes = madeBytes({
      study,
      series: `${study}.1`,
      sop: `${study}.1.1`,
      more: [...more, [0x0010, 0x0030, "DA", "19610204"]],
    });
    const named = Buffer.from(bytes);
    const path = join(folder, `${payload.replaceAll("/", "_")}.dcm`);
    writeFileSync(path, withName(named, even(payload)));
    await hand.begin(box.url);
    await hand.choose("Add study", [path]);
    await hand.see("Confirm study");
    expect(await browser.page.locator("main").textContent()).toContain(payload.slice(0, 10));
    expect(await ran()).toBe(false);
    await hand.type("Clinical notes", payload);
    await hand.tap("Send");
    await hand.read("Delivered");
    expect(await ran()).toBe(false);
    for (const screen of ["activity", "more"]) {
      await browser.page.goto(`${box.url}/#/${screen}`);
      await browser.page.waitForSelector("main h1");
      expect(await ran()).toBe(false);
    }
    expect(browser.complaints.filter((it) => /violat|refused|blocked|policy/i.test(it))).toEqual([]);
  });
});

/** The patient's name in place of the one that the made image has. */
function withName(bytes: Buffer, name: string): Buffer {
  const tag = Buffer.from([0x10, 0, 0x10, 0, 0x50, 0x4e]);
  const at = bytes.indexOf(tag);
  const length = bytes.readUInt16LE(at + 6);
  const size = Buffer.alloc(2);
  size.writeUInt16LE(name.length);
  return Buffer.concat([bytes.subarray(0, at + 6), size, Buffer.from(name), bytes.subarray(at + 8 + length)]);
}
