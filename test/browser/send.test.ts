import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../cli/binary.ts";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { until } from "../support/child.ts";
import { madeBytes } from "../support/made-instance.ts";

/** A patient's study, as the box has it at its destination. */
const below = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
const hashes = (paths: readonly string[]): string[] =>
  paths.map((path) => Bun.hash(readFileSync(path)).toString(16)).sort();

const define = chromium === null ? () => {} : describe;
define("a study in Chromium against the built binary", () => {
  let box: Box;
  let browser: Browser;
  let folder: string;
  const received = () => join(box.dataDir, "received");
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "relaypacs-send-"));
    box = await startBox(`[[destination]]\nid = "archive"\nkind = "folder"\npath = "received"`);
    await box.client("radiographer"); // the account
    browser = await startBrowser({ viewport: { width: 360, height: 640 } });
    browser.page.on("filechooser", () => undefined); // hands every picker over from now on, however fast it opens
  }, 60_000);
  afterAll(async () => {
    await browser.stop();
    await box.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const button = (name: string) => browser.page.getByRole("button", { name, exact: true });
  const heading = (name: string) => browser.page.getByRole("heading", { name, exact: true });
  /** Presses what opens a picker and chooses. */
  async function choose(name: string, paths: string | string[]): Promise<void> {
    const picker = browser.page.waitForEvent("filechooser");
    await button(name).click();
    await (await picker).setFiles(paths);
  }
  const delivered = (count: number) =>
    until(
      "the study to be delivered",
      async () => (await browser.page.getByText("Delivered", { exact: true }).count()) >= count,
      60_000,
    );

  test("a person signs in, and stays signed in across a reload", async () => {
    await browser.page.goto(box.url);
    await browser.page.getByRole("textbox", { name: "Username" }).fill("radiographer");
    await browser.page.getByLabel("Password", { exact: true }).fill("not the password");
    await button("Sign in").click();
    await browser.page.getByRole("alert").getByText("User name or password is not right.").waitFor();
    await browser.page.getByLabel("Password", { exact: true }).fill(testPassword);
    await button("Sign in").click();
    await heading("Upload study").waitFor();
    await browser.page.reload();
    await heading("Upload study").waitFor();
    await button("Add study").waitFor();
  }, 60_000);

  test("files are chosen, confirmed, sent and delivered, byte for byte", async () => {
    const paths = [1, 2, 3].map((n) => {
      const path = join(folder, `IM${n}`);
      writeFileSync(path, madeBytes({ study: "2.25.501", sop: `2.25.501.${n}`, pixels: 200_000 }));
      return path;
    });
    await choose("Add study", paths);
    await heading("Confirm study").waitFor();
    await browser.page.getByRole("textbox", { name: "Clinical notes" }).fill("Trauma, fracture?");
    await browser.page.getByRole("radio", { name: "STAT" }).check();
    await browser.screenshot("real-confirm");
    await button("Send").click();
    await heading("Progress").waitFor();
    await browser.page.getByRole("progressbar").first().waitFor();
    await delivered(1);
    await browser.screenshot("real-delivered");
    const there = hashes(below(join(received(), "2.25.501")));
    for (const hash of hashes(paths)) expect(there).toContain(hash);
  }, 120_000);

  test("a folder goes as it is, without what is no image", async () => {
    const study = join(folder, "CD", "DICOM");
    mkdirSync(study, { recursive: true });
    for (const n of [1, 2])
      writeFileSync(join(study, `IM${n}`), madeBytes({ study: "2.25.502", sop: `2.25.502.${n}`, pixels: 20_000 }));
    writeFileSync(join(folder, "CD", "AUTORUN.INF"), "[autorun]");
    await browser.page.goto(`${box.url}/#/send`);
    await choose("Add folder", join(folder, "CD"));
    await heading("Confirm study").waitFor();
    await button("Send").click();
    await delivered(2);
    expect(below(join(received(), "2.25.502"))).toHaveLength(2);
  }, 120_000);

  test("a wrong patient is corrected before sending, and the receipt that is saved here says so and verifies offline", async () => {
    const path = join(folder, "wrong");
    const study = "2.25.503";
    writeFileSync(path, madeBytes({ study, sop: `${study}.1`, pixels: 20_000 }));
    await browser.page.goto(`${box.url}/#/send`);
    await choose("Add study", path);
    await heading("Confirm study").waitFor();
    await browser.page.getByText("Correct the patient's data").click();
    await browser.page.getByRole("textbox", { name: "Patient ID, corrected" }).fill("RIGHT-1");
    await browser.page.getByRole("textbox", { name: "Reason for the correction" }).fill("typed in wrongly");
    await button("Send").click();
    await delivered(3);
    const [arrived = ""] = below(join(received(), study));
    const bytes = readFileSync(arrived);
    expect([bytes.includes("RIGHT-1"), bytes.includes("MADE")]).toEqual([true, true]); // the former one as the original
    await button("Receipt").nth(1).click(); // behind the urgent one
    await browser.page.getByText("Corrected before sending: Patient ID, in 1 image.").waitFor();
    const saved = browser.page.waitForEvent("download");
    await button("Save the signed file").click();
    const file = join(folder, "receipt.json");
    await (await saved).saveAs(file);
    expect((await run(["receipt", "verify", file, "--config", box.configFile])).code).toBe(0);
    await browser.page.goto(`${box.url}/#/progress`);
    await heading("Progress").waitFor();
  }, 120_000);

  test("nothing of a patient is in the address or the title, and the console is silent", async () => {
    expect(`${browser.page.url()} ${await browser.page.title()}`).toMatch(/#\/progress Progress · RelayPACS$/);
    // the refused sign-in is the one thing a browser reports by itself
    expect(browser.complaints.filter((text) => !text.includes("401"))).toEqual([]);
  });
});
