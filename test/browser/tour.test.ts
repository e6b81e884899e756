import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFakePacs } from "../../src/fake-pacs/server.ts";
import { run } from "../cli/binary.ts";
import { type Box, startBox, testPassword } from "../support/box.ts";
import { type Browser, chromium, spoken, startBrowser } from "../support/browser.ts";
import { freePort, until } from "../support/child.ts";
import { choosePaths } from "../support/far-phone.ts";
import { madeBytes } from "../support/made-instance.ts";

/** The box, by way of a server that has the browser report what the policy refuses, of pages and workers alike. */
function reporting(box: Box) {
  const reports: string[] = [];
  const streams: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      if (pathname === "/csp-report") {
        reports.push(await request.text());
        return new Response(null, { status: 204 });
      }
      const headers = new Headers(request.headers);
      headers.set("host", new URL(box.url).host);
      headers.delete("origin"); // it names this server
      headers.set("accept-encoding", "identity");
      const answer = await fetch(box.url + pathname + search, {
        method: request.method,
        headers,
        ...(request.method === "GET" ? {} : { body: await request.arrayBuffer() }),
        redirect: "manual",
      });
      const given = new Headers(answer.headers);
      if (given.get("content-type") === "text/event-stream") streams.push(pathname);
      given.set("content-security-policy", `${given.get("content-security-policy")}; report-uri /csp-report`);
      return new Response(answer.body, { status: answer.status, headers: given });
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, reports, streams, stop: () => server.stop(true) };
}

if (chromium !== null) {
  setDefaultTimeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-tour-"));
  let box: Box;
  let front: ReturnType<typeof reporting>;
  let browser: Browser;
  beforeAll(async () => {
    box = await startBox(
      '[auth]\nrequire_totp_for = []\n[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"\n',
      { notSetUp: true },
    );
    front = reporting(box);
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser.stop();
    await front.stop();
    await box.stop();
    rmSync(folder, { recursive: true });
  });

  test("from the set-up to the audit no page says anything on the console, and none is refused anything by its policy", async () => {
    const { page } = browser;
    const fill = (label: string, text: string) => page.getByLabel(label, { exact: true }).fill(text);
    const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
    const heading = (name: string) => page.getByRole("heading", { name, exact: true }).waitFor();
    const { stdout } = await run(["setup-code", "--config", box.configFile]);
    await page.goto(front.url);
    await heading("Set up this hospital box");
    await fill("Set-up code", stdout.trim());
    await fill("Username", "head");
    await fill("Password", testPassword);
    await press("Make the account");
    for (const step of ["Encryption", "Destination", "Rules", "Ready"]) {
      await heading(step);
      await press(step === "Ready" ? "Send a first study" : "Continue");
    }
    const file = join(folder, "IM1");
    writeFileSync(file, madeBytes({ study: "2.25.8403", series: "2.25.8403.1" }));
    await choosePaths(page, "Add study", [file]);
    await heading("Confirm study");
    await press("Not this study");
    await choosePaths(page, "Add study", [file]);
    await page.getByRole("textbox", { name: "Clinical notes" }).fill("Fall");
    await press("Send");
    await heading("Progress");
    await page.getByText("Delivered", { exact: true }).first().waitFor();
    expect(box.events("upload.completed")).toMatchObject([{ stalls: expect.any(Number) }]); // what the app measured of its line
    await page.getByRole("link", { name: "Activity" }).click();
    await heading("Activity");
    await page.getByRole("link", { name: "More" }).click();
    await heading("More");
    for (const [hash, name] of [
      ["account", "Account and sign-ins"],
      ["enroll", "Set up the second step"],
      ["admin", "Overview"],
      ["admin/parked", "Stuck studies"],
      ["admin/destinations", "Destinations"],
      ["admin/routing", "Rules"],
      ["admin/users", "Users"],
      ["admin/sessions", "Sign-ins"],
      ["admin/storage", "Storage & health"],
      ["admin-audit", "Audit"],
      ["invite", "Invite a device"],
    ] as const) {
      await page.goto(`${front.url}/#/${hash}`);
      await heading(name);
      if (hash === "admin") await page.locator(".plot canvas").nth(3).waitFor(); // what was sent, drawn
    }
    expect(front.streams).toContain("/admin/events");
    await press("Show code");
    await page.getByRole("img", { name: /code/i }).waitFor();
    await page.goto(`${front.url}/#/more`);
    await press("Sign out");
    await page.getByRole("textbox", { name: "Username" }).waitFor();
    await page.reload();
    await page.getByRole("textbox", { name: "Username" }).waitFor();
    await page.goto(`${front.url}/trust`);
    await page.locator("h1").waitFor();
    expect(spoken(browser)).toEqual([]);
    expect(front.reports).toEqual([]);
  });

  test("a destination is added, found wrong, mended and tested; then a rule leads to it", async () => {
    const { page } = browser;
    const archive = await startFakePacs();
    try {
      const fill = (name: string, text: string) => page.getByRole("textbox", { name, exact: true }).first().fill(text);
      const press = (name: string) => page.getByRole("button", { name, exact: true }).first().click();
      const read = (text: string | RegExp) => page.getByText(text).filter({ visible: true }).first().waitFor();
      await page.goto(`${front.url}/#/admin/destinations`);
      await fill("Username", "head");
      await page.getByLabel("Password", { exact: true }).fill(testPassword);
      await press("Sign in");
      await page.goto(`${front.url}/#/admin/destinations`);
      await page.locator("summary", { hasText: "Add a destination" }).click();
      await page.getByRole("combobox", { name: "What kind of archive?" }).selectOption("stow-rs");
      await fill("Short name", "north");
      await fill("Address", `http://127.0.0.1:${await freePort()}/dicom-web`);
      await page.getByRole("combobox", { name: "Signing in" }).selectOption("none");
      await press("Add and test");
      await read("north: something is not right yet.");
      const north = page.getByRole("article", { name: "north" });
      await north.getByText(/firewalls let this box through/).waitFor();
      await north.getByRole("button", { name: "Change" }).click();
      await north.getByRole("textbox", { name: "Address" }).fill(archive.dicomWebUrl);
      await north.getByRole("button", { name: "Save and test" }).click();
      await read("north answers.");
      await page.getByRole("link", { name: "Rules" }).click();
      await page.locator("summary", { hasText: "Add a rule" }).click();
      await fill("Name", "CT to the north");
      await fill("Modality", "CT");
      await page.getByRole("checkbox", { name: "north" }).check();
      await press("Add a rule");
      await read("When the modality is CT");
      const trial = page.getByRole("region", { name: "Try it" });
      await trial.getByRole("textbox", { name: "Modality" }).fill("MR");
      await trial.getByRole("button", { name: "Try it" }).click();
      await read("Modality: MR; wanted CT");
      await read("Goes to folder");
      await trial.getByRole("textbox", { name: "Modality" }).fill("CT");
      await trial.getByRole("button", { name: "Try it" }).click();
      await read("Goes to north");
      expect(spoken(browser)).toEqual([]);
      expect(front.reports).toEqual([]);
    } finally {
      await archive.stop();
    }
  });

  test("what the policy refuses would be reported", async () => {
    await browser.page.evaluate(() => {
      const image = document.createElement("img");
      image.src = "https://elsewhere.invalid/x.png";
      document.body.append(image);
    });
    await until("a report", () => front.reports.length > 0);
  });
}
