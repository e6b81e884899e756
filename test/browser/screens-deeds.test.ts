import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { App } from "../../web/core/app.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { askedOn, serveTestPage, type TestPage } from "./test-page.ts";

const define = chromium === null ? () => {} : describe;
define("what can be done on the screens, in Chromium", () => {
  let browser: Browser;
  let server: TestPage;
  beforeAll(async () => {
    server = await serveTestPage();
    browser = await startBrowser();
    await browser.page.setViewportSize({ width: 360, height: 640 });
  }, 60_000);
  afterAll(async () => {
    await browser.stop();
    server.stop();
  });

  const show = async (name: string, language = "en") => {
    await browser.page.goto(server.scene(name, language));
    await browser.page.waitForSelector("main h1");
  };
  const asked = () => askedOn(browser.page);
  const overflow = () => browser.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  const button = (name: string | RegExp) => browser.page.getByRole("button", { name });
  const heading = (name: string) => browser.page.getByRole("heading", { name });

  test("several studies and unreadable files are listed first; one can be left out", async () => {
    await show("upload-found");
    const rows = browser.page.getByRole("list", { name: "What was found" }).getByRole("listitem");
    await rows.first().waitFor();
    expect(await rows.count()).toBe(3);
    await browser.page.getByText("2 files could not be read.").waitFor();
    await button("Leave out: BEISPIEL, JAN").click();
    expect(await rows.count()).toBe(2);
    await button("Continue without them").click();
    await heading("Confirm study").waitFor();
    await browser.page.getByText("1 of 2").waitFor();
  }, 30_000);

  test("what the archive has already is told before sending, with a way to say why it goes again", async () => {
    await show("confirm-duplicate");
    await browser.page.getByText(/This study is already in the archive \(.*842 images\)/).waitFor();
    await browser.page.getByRole("textbox", { name: "Reason for sending again" }).waitFor();
    await show("confirm");
    expect(await browser.page.getByText("already in the archive").count()).toBe(0);
  }, 30_000);

  test("what was typed and chosen outlives a look at another screen", async () => {
    const { page } = browser;
    await show("confirm-duplicate");
    await page.getByRole("textbox", { name: "Clinical notes" }).fill("fell from a ladder");
    await button("Show it").click();
    await heading("Activity").waitFor();
    expect(await asked()).toEqual([]); // a look sends nothing
    await page.goBack();
    await heading("Confirm study").waitFor();
    expect(await page.getByRole("textbox", { name: "Clinical notes" }).inputValue()).toBe("fell from a ladder");
    await page.getByRole("link", { name: "Send" }).click();
    await heading("Before you send").waitFor();
    await button("Review").click();
    await heading("Confirm study").waitFor();
  }, 30_000);

  test("with letters of twice the size nothing scrolls sideways, and the tabs do not cover the main button", async () => {
    const { page } = browser;
    await page.setViewportSize({ width: 360, height: 800 });
    for (const scene of ["admin-setup", "confirm-several", "guest-confirm", "admin-sessions"]) {
      await show(scene, "de");
      await page.evaluate(() => document.documentElement.style.setProperty("font-size", "200%"));
      expect(await overflow()).toBeLessThanOrEqual(0);
      if (scene === "admin-sessions") continue; // has none
      const seen = () => {
        const it = document.querySelector("[data-primary]");
        const { left, bottom } = it?.getBoundingClientRect() ?? { left: 0, bottom: 0 };
        return it?.contains(document.elementFromPoint(left + 20, bottom - 4));
      };
      await page.waitForFunction(seen); // by the next frame
    }
    await page.setViewportSize({ width: 360, height: 640 });
  }, 30_000);

  test("the recovery codes are copied, and without a clipboard nothing offers it", async () => {
    const codes = async (page: Browser["page"]) => {
      await page.goto(server.scene("enroll"));
      await page.getByRole("textbox", { name: "Code" }).fill("123456");
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByText("ABCD-EFGH-IJKL-MNOA").waitFor();
      return page.getByRole("button", { name: "Copy the codes" });
    };
    await browser.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await (await codes(browser.page)).click();
    await button("Copied").waitFor();
    const plain = await browser.context.newPage();
    await plain.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, "clipboard")); // http:// at another machine
    expect(await (await codes(plain)).count()).toBe(0);
    await plain.close();
  }, 30_000);

  test("the wrong patient: the study is left out and nothing is sent", async () => {
    await show("confirm");
    await button("Not this study").click();
    await heading("Upload study").waitFor();
    expect(await asked()).toEqual([]);
  }, 30_000);

  test("photos are shown, turned, taken anew and taken out", async () => {
    const { page } = browser;
    await show("confirm-pictures");
    const picture = page.getByRole("img", { name: "Picture 1" });
    const shape = () =>
      picture.evaluate((it) => [(it as HTMLImageElement).naturalWidth, (it as HTMLImageElement).naturalHeight]);
    await page.waitForFunction(
      () => (document.querySelector<HTMLImageElement>(".pictures img")?.naturalWidth ?? 0) > 0,
    );
    expect(await shape()).toEqual([16, 12]);
    await button("Rotate: Picture 1").click();
    await page.waitForFunction(() => document.querySelector<HTMLImageElement>(".pictures img")?.naturalWidth === 12);
    expect(await shape()).toEqual([12, 16]);
    const chosen = page.waitForEvent("filechooser");
    await button("Retake: Picture 2").click();
    await (await chosen).setFiles({ name: "new.png", mimeType: "image/png", buffer: Buffer.from("not a picture") });
    expect(await page.getByRole("img").count()).toBe(2);
    await button("Remove: Picture 1").click();
    await page.getByRole("img", { name: "Picture 2" }).waitFor({ state: "detached" });
    await page.getByText("1 picture,").waitFor();
    expect(await button("Remove: Picture 1").count()).toBe(0); // the last one stays
  }, 30_000);

  test("lost files are asked for by the study's own button", async () => {
    const { page } = browser;
    await show("files-gone");
    await button("Choose them again").click();
    await heading("Choose the files again").waitFor();
    const chosen = page.waitForEvent("filechooser");
    await button("Choose them again").click();
    await (await chosen).setFiles({ name: "IM1", mimeType: "application/dicom", buffer: Buffer.from("x") });
    await heading("Progress").waitFor();
    expect(await asked()).toEqual(["rechoose one"]);
  }, 30_000);

  test("handed over: what waits is opened at the box first, and the next person sees a number only", async () => {
    const { page } = browser;
    await show("more");
    await button("Hand over").click();
    await page.getByRole("textbox", { name: "Username" }).waitFor();
    expect(await asked()).toEqual(["hand over"]);
    await show("sign-in-queue");
    await page.getByText("2 studies on this device are not finished.").waitFor();
    expect(await page.locator("body").textContent()).not.toMatch(/MUSTER|P-1001/);
  }, 30_000);

  for (const [language, words] of [
    ["en", "The archive refuses the hospital box's sign-in. Tell IT; the study is kept."],
    ["de", "Das Archiv lehnt die Anmeldung der Klinik-Box ab. Die IT fragen; die Studie bleibt erhalten."],
  ] as const)
    test(`a code of the box is said in ${language}`, async () => {
      await show("parked", language);
      await browser.page.getByText(words).waitFor();
    }, 30_000);

  test("a newer version is offered, but not while a study is on the line", async () => {
    const offer = () =>
      browser.page.evaluate(() => {
        const shell = document.querySelector("app-shell");
        if (shell !== null) Object.assign(shell, { newer: { apply: () => window.asked.push("update") } });
      });
    await show("uploading");
    await offer();
    await browser.page.getByText("A new version is ready. Update after upload.").waitFor();
    expect(await button("Update").count()).toBe(0);
    await show("delivered");
    await offer();
    await button("Update").click();
    expect(await asked()).toEqual(["update"]);
  }, 30_000);

  test("what the archive had already is told in images", async () => {
    await show("partly-there");
    await browser.page.getByText("300 of 842 images arrived earlier. Only the missing 542 are sent.").waitFor();
    expect(browser.complaints).toEqual([]);
  }, 30_000);

  test("a wrong patient is corrected before sending: old beside new, a reason, nothing for who may not", async () => {
    const { page } = browser;
    await show("confirm");
    await page.getByText("Correct the patient's data").click();
    await page.getByText("Patient ID, in the images").waitFor();
    await page.getByRole("textbox", { name: "Patient ID, corrected" }).fill("P-1001");
    expect(await page.getByText(/^Will be corrected/).count()).toBe(0); // it says the same
    await page.getByRole("textbox", { name: "Patient ID, corrected" }).fill(" P-2002 ");
    await page.getByText("Will be corrected: Patient ID.").waitFor();
    await page.getByText("Correct the patient's data").click(); // folded away again
    await button("Send").click();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("correct-reason");
    expect(await asked()).toEqual([]);
    expect(await overflow()).toBeLessThanOrEqual(0);
    await page.getByRole("textbox", { name: "Reason for the correction" }).fill("from the order");
    await button("Send").click();
    await heading("Progress").waitFor();
    const [said = ""] = await asked();
    const empty = { patientName: "", patientBirthDate: "", patientSex: "" };
    expect(JSON.parse(said.replace("add d0 routine ", ""))).toEqual({
      ...empty,
      reason: "from the order",
      patientID: "P-2002",
    });
    for (const scene of ["guest-confirm", "confirm-pictures", "confirm-archive-mixed"]) {
      await show(scene);
      expect(await page.getByText("Correct the patient's data").count()).toBe(0);
    }
  }, 30_000);

  test("of what the box asks about only what images lack is asked for; what they say is corrected or stays", async () => {
    const { page } = browser;
    await show("confirm-lacking");
    await page.getByLabel("Birth date", { exact: true }).fill("1961-02-04");
    expect(await page.getByRole("textbox", { name: "Patient ID", exact: true }).count()).toBe(0);
    await page.getByText("Correct the patient's data").click();
    expect(await page.getByText("Birth date, in the images").count()).toBe(0);
    await page.getByRole("textbox", { name: "Patient ID, corrected" }).fill("P-2002");
    await page.getByRole("textbox", { name: "Reason for the correction" }).fill("order");
    await button("Send").click();
    await heading("Progress").waitFor();
    const [said = ""] = await asked();
    expect(JSON.parse(said.replace("confirm one ", ""))).toMatchObject({
      patientBirthDate: "19610204",
      correction: { reason: "order", patientID: "P-2002", patientBirthDate: "" },
    });
  }, 30_000);

  test("an administrator corrects and sends a study of somebody else that waits, or leaves it out", async () => {
    const { page } = browser;
    await show("admin-waiting");
    await heading("Waiting for a person").waitFor();
    const [first, second] = [0, 1].map((n) => page.locator("waiting-studies article").nth(n));
    await first?.getByText("Correct the patient's data").click();
    await first?.getByRole("textbox", { name: "Patient ID, corrected" }).fill("P-9");
    await first?.getByText("Correct the patient's data").click(); // folded away again
    await first?.getByRole("button", { name: "It is right: send" }).click();
    await first?.locator("[aria-invalid=true]:focus").waitFor();
    expect(await asked()).toEqual([]);
    await first?.getByRole("textbox", { name: "Reason for the correction" }).fill("order");
    await first?.getByRole("button", { name: "It is right: send" }).click();
    await page.locator("notice-box", { hasText: "It is corrected and on its way." }).waitFor();
    await second?.getByRole("button", { name: "Leave out" }).click();
    const reason = page.getByRole("dialog").getByRole("textbox", { name: "Reason" });
    await reason.fill("of another study");
    await page.getByRole("dialog").getByRole("button", { name: "Back" }).click();
    await second?.getByRole("button", { name: "Leave out" }).click();
    expect(await reason.inputValue()).toBe("");
    await reason.fill("not ours");
    await page.getByRole("dialog").getByRole("button", { name: "Leave out" }).click();
    await page.locator("notice-box", { hasText: "It is left out." }).waitFor();
    expect(await asked()).toEqual([
      'confirm 2.25.770 {"corrections":{"reason":"order","patient_id":"P-9"}}',
      "reject 2.25.771 not ours",
    ]);
  }, 30_000);

  test("a receipt is shown, saved as the signed file, and says how it is checked", async () => {
    const { page } = browser;
    await show("receipt");
    await heading("To north: 3 images confirmed").waitFor();
    await page.getByText("Corrected before sending: Patient ID, Patient name, in 1 image.").waitFor();
    await page.getByText(/found there when asked/).waitFor();
    await page.getByText("Every image").first().click();
    await page.getByText("2.25.329800735698586629295641978511506172918.3").waitFor();
    const saved = page.waitForEvent("download");
    await button("Save the signed file").click();
    expect((await saved).suggestedFilename()).toBe("receipt-8f2a0000-0000-4000-8000-000000000000.json");
    await page.getByText(/^relaypacs receipt verify receipt-8f2a/).waitFor();
    expect(await overflow()).toBeLessThanOrEqual(0);
    await page.evaluate(() => {
      const { app } = document.querySelector("app-shell") as unknown as { app: App };
      Object.assign(app.receipts, { read: (id: string) => Promise.reject(window.asked.push(id)) });
      location.hash = "#/activity/one";
    });
    await heading("Activity").waitFor();
    expect(await asked()).toEqual([]); // what another page is given is no receipt's number
    await show("receipt-gone");
    await page.getByText("There is no such receipt, or it is not yours.").waitFor();
  }, 30_000);

  test("a part that the box has no more after an upgrade is taken anew with the page; the same words are said twice", async () => {
    const { page } = browser;
    await show("activity");
    for (const words of ["Done: 1", "Done: 1\u00a0"]) {
      await button(/^Done/).click();
      await page.waitForFunction((text) => document.querySelector(".unseen[role=status]")?.textContent === text, words);
    }
    await page.route("**/page-more-*", (route) => route.abort());
    await page.getByRole("link", { name: "More" }).click();
    await button("Try again").waitFor();
    const loaded = page.waitForEvent("load");
    await button("Try again").click();
    await loaded;
    await page.unroute("**/page-more-*");
  }, 30_000);

  test("a radiologist is shown all studies at the box, whoever sent them, and no way to send or change one", async () => {
    const { page } = browser;
    await show("all-studies");
    await page.getByRole("heading", { name: "All studies" }).waitFor();
    const cards = page.locator("article");
    await cards.nth(1).waitFor();
    expect(await cards.count()).toBe(2);
    expect(await cards.first().textContent()).toContain("Uploading · 42 %");
    expect(await cards.nth(1).textContent()).toContain("MUSTER, ERIKA");
    await page.getByRole("button", { name: "Show older ones" }).click();
    await cards.nth(2).waitFor();
    expect(await cards.nth(2).textContent()).toContain("Delivered");
    expect(await page.locator("main button").count()).toBe(0);
    await page.getByRole("searchbox", { name: "Search" }).fill("p-1001");
    await page.waitForFunction(() => document.querySelectorAll("article").length === 2);
    await page.locator('nav a[aria-current="page"]').getByText("Activity").waitFor();
    expect(await page.getByRole("link").allInnerTexts()).toEqual(expect.not.arrayContaining(["Send"]));
    expect(await askedOn(page)).toEqual(["uploads newest", "uploads older"]);
  }, 30_000);
});
