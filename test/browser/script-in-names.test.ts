import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Box, startBox, testPassword } from "../support/box.ts";
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
    box = await startBox('[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"', {
      top: `site_name = "${payloads[1]}"`,
    });
    await box.client("radiographer");
    browser = await startBrowser();
    await browser.context.addInitScript(() => {
      const evil = () => (document.title = "it ran");
      Object.assign(window, { evil, e: evil });
    });
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

  /** What people type, what images say and what a delivery is stuck with, on every screen that an administrator has. */
  test("the administrator's screens: 0 executions", async () => {
    const admin = await box.client("admin");
    const ask = async (path: string, body: object) => {
      const answer = await admin.request("POST", path, { body });
      expect([path, Math.floor(answer.status / 100)]).toEqual([path, 2]);
    };
    const [first = "", second = ""] = payloads;
    const title = "<svg onload=e()>"; // as long as an AE title may be
    await ask("/admin/destinations", {
      id: "pacs",
      kind: "c-store",
      host: "127.0.0.1",
      port: 9,
      called_ae_title: title,
    });
    await ask("/admin/routes", { name: first, when: { description: second }, to: ["folder"] });
    const words = texts.map(([group, number, vr]) => [group, number, vr, even(second)] as const);
    for (const name of ["1", "2"]) {
      const [study, sop] = ["2.25.1299", `2.25.1299.${name}`];
      const lies = join(box.dataDir, "received", study, "2.25.3");
      mkdirSync(lies, { recursive: true });
      writeFileSync(join(lies, `${sop}.dcm`), madeBytes({ study, sop, fill: 9 }));
      const { studies } = await admin.send([
        { name: `${second.replaceAll("/", "_")}.dcm`, bytes: madeBytes({ study, sop, more: words }) },
      ]);
      const stuck = studies[0]?.deliveries[0]?.delivery_id;
      if (name === "1") await ask(`/admin/deliveries/${stuck}/discard`, { reason: first });
    }

    const { page } = browser;
    await browser.context.clearCookies();
    await page.goto(box.url);
    await page.getByRole("textbox", { name: "Username" }).fill("admin");
    await page.getByLabel("Password", { exact: true }).fill(testPassword);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await hand.see("Upload study");
    await page.goto(`${box.url}/#/admin`);
    // What shows that a part has what it asked the box for; the others hold nothing that anybody wrote.
    const shows = new Map([
      ["overview", second],
      ["destinations", title],
      ["routing", first],
      ["admin-audit", first],
    ]);
    const links = page.locator("nav.sections a");
    await links.first().waitFor();
    const hrefs = await links.evaluateAll((all) => all.map((it) => it.getAttribute("href") ?? ""));
    expect([...shows.keys()].filter((name) => !hrefs.some((href) => href.endsWith(name)))).toEqual([]);
    for (const href of [...hrefs, "#/admin/setup"]) {
      await page.goto(`${box.url}/${href}`);
      await page.waitForSelector("main h1");
      const expected = shows.get(href.split("/").at(-1) ?? "");
      if (expected !== undefined) await hand.read(expected);
      if (href.endsWith("routing")) {
        await page.getByRole("combobox", { name: "Study" }).selectOption({ index: 1 });
        await page.getByRole("button", { name: "Try it" }).click();
        await page.waitForSelector("main .result");
      }
      expect([href, await ran()]).toEqual([href, false]);
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
