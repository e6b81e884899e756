import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { askedOn, serveTestPage, type TestPage } from "./test-page.ts";

const define = chromium === null ? () => {} : describe;
define("the administrator's screens in Chromium", () => {
  let browser: Browser;
  let server: TestPage;
  beforeAll(async () => {
    server = await serveTestPage();
    browser = await startBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser.stop();
    server.stop();
  });
  const show = async (scene: string, heading: string) => {
    await browser.page.goto("about:blank");
    await browser.page.goto(server.scene(scene));
    await browser.page.getByRole("heading", { name: heading, level: 1 }).waitFor();
  };
  const press = (name: string | RegExp) => browser.page.getByRole("button", { name, exact: true }).click();
  const read = (text: string | RegExp) => browser.page.getByText(text).filter({ visible: true }).first().waitFor();
  const focused = () => browser.page.evaluate(() => document.activeElement?.textContent);
  const asked = () => askedOn(browser.page);

  test("the main button leads to the worst; by keys through the parts, the heading has the focus", async () => {
    const { page } = browser;
    await show("admin-trouble", "Overview");
    for (const words of ["17", "1 of 2", "87%", "27 min", "1 does not answer"]) await read(words);
    await page.keyboard.press("Enter"); // the main button
    await page.getByRole("heading", { name: "Storage & health" }).waitFor();
    await page.getByRole("link", { name: "Users" }).press("Enter");
    await page.getByRole("heading", { name: "Users" }).waitFor();
    expect(await focused()).toBe("Users");
    expect(await page.getByRole("link", { name: "Users" }).getAttribute("aria-current")).toBe("page");
    await show("more", "More"); // a radiographer
    expect(await page.getByRole("link", { name: "Admin" }).count()).toBe(0);
  }, 30_000);

  test("each chart has its table, for each time; storage and health names what is wrong, and the box is copied", async () => {
    const { page } = browser;
    await show("admin-overview", "Overview");
    for (const title of [
      "Volume",
      "Time to the archive",
      "Lines of the devices",
      "Modalities",
      "By site and destination",
    ]) {
      const figure = page.getByRole("figure", { name: title, exact: true });
      await figure.locator("canvas").waitFor();
      expect(await figure.getByRole("img").getAttribute("aria-label")).toStartWith(`${title}. `);
      await figure.getByText("As a table").click();
      expect(await figure.getByRole("row").count()).toBeGreaterThan(3);
    }
    await page.getByRole("row", { name: /^North Clinic, in all/ }).waitFor();
    const volume = page.getByRole("figure", { name: "Volume", exact: true });
    expect(await volume.getByRole("row").count()).toBe(8); // seven days and the head
    await press("24 hours");
    await volume.getByRole("columnheader", { name: "Hour" }).waitFor();
    expect(await volume.getByRole("row").count()).toBe(25);
    await volume.locator(".u-over").hover();
    await read(/^\d\d:\d\d.* · Studies \d+$/);
    await page.getByRole("link", { name: "Storage & health" }).click();
    for (const words of ["Room for about 33 days", "Europe/Zurich", /^Copied 5 hr ago/, /^Ends in \d+ days/])
      await read(words);
    await press("Back up now");
    await read("The box is being copied.");
    expect(await asked()).toEqual(["back up"]);
  }, 30_000);

  test("what is shown is read anew when the box says that it changed, and from time to time while it says nothing", async () => {
    const { page } = browser;
    await page.clock.install();
    try {
      await show("admin-overview", "Overview");
      const stuck = (n: number, news: object) =>
        page.evaluate(
          ([parked, told]) =>
            globalThis.hear?.(told, (view) => ({
              ...view,
              system: { ...view.system, deliveries: { ...view.system.deliveries, parked } },
            })),
          [n, news] as const,
        );
      const shown = () => page.getByRole("link", { name: /^Stuck \d/ }).textContent();
      await stuck(2, {});
      await page.clock.runFor(11_000); // nothing was heard yet: asked for
      await read("Fix 2 stuck studies");
      await stuck(2, { deliveries: 1 });
      await page.clock.runFor(3000);
      await stuck(3, { deliveries: 1, accounts: 1 }); // of nothing that is shown here
      await page.clock.runFor(30_000);
      expect(await shown()).toContain("2");
      await stuck(4, { deliveries: 2, accounts: 1 });
      await page.clock.runFor(3000);
      await read("Fix 4 stuck studies");
    } finally {
      await page.clock.resume();
    }
  }, 30_000);

  test("what is stuck goes again by cause, elsewhere one by one, or is given up with a reason", async () => {
    const { page } = browser;
    await show("admin-parked", "Stuck studies");
    await press("Try all 2 again");
    await read("2 are on their way again.");
    const archive = page.getByRole("article", { name: "1 waiting for archive" });
    await archive.getByText("One by one").click();
    await archive.getByRole("combobox", { name: "Send to" }).selectOption("north");
    await archive.getByRole("button", { name: "Send elsewhere" }).click();
    await read("1 is on its way again.");
    await archive.getByRole("button", { name: "Give up" }).click();
    await page.getByRole("dialog").getByRole("textbox", { name: "Reason" }).fill("sent by disc");
    await page.getByRole("dialog").getByRole("button", { name: "Give up" }).click();
    await read("Given up.");
    expect(await asked()).toEqual(["retry 1", "retry 2", "redirect 3 north", "discard 3 sent by disc"]);
  }, 30_000);

  test("a destination is tested, what fails says how it is mended; it is paused and resumed", async () => {
    await show("admin-destinations", "Destinations");
    await browser.page.getByRole("article", { name: "north" }).getByRole("button", { name: "Test" }).click();
    await read("north: something is not right yet.");
    await read("Correct user name and password of this destination.");
    await browser.page.getByRole("article", { name: "north" }).getByRole("button", { name: "Pause" }).click();
    await read("north is paused.");
    await browser.page.getByRole("article", { name: "archive" }).getByRole("button", { name: "Resume" }).click();
    await read("archive is sent to again.");
    expect(await asked()).toEqual(["test north", "pause north", "resume archive"]);
    expect(await browser.page.getByText("From the configuration file").count()).toBe(2);
    const given = browser.page.getByRole("article", { name: "archive" });
    expect(await given.getByRole("button", { name: /Change|Remove/ }).count()).toBe(0);
  }, 30_000);

  test("steps are shown as they come; a picture is stored only when it is asked for", async () => {
    const { page } = browser;
    await show("admin-destinations-tested", "Destinations");
    await press("Test");
    await page.getByRole("list", { name: "Test of reading-centre" }).getByText("Port open").waitFor();
    expect(await page.getByRole("button", { name: "Testing…" }).isDisabled()).toBe(true);
    await press("Remove");
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await read('reading-centre is still named by the rule "all" and 3 deliveries.');
    await show("admin-destinations", "Destinations");
    const own = page.getByRole("article", { name: "reading-centre" });
    await own.getByRole("button", { name: "Test" }).click();
    await own.getByRole("button", { name: "Store a test picture too" }).click();
    await own.getByText("reading-centre answers.").waitFor();
    expect(await asked()).toEqual(["test reading-centre", "test reading-centre with a picture"]);
  }, 30_000);

  test("a destination is added by its kind's form; what the box does not take is said at its field", async () => {
    const { page } = browser;
    await show("admin-destinations-none", "Destinations");
    await page.getByRole("combobox", { name: "What kind of archive?" }).selectOption("google-healthcare");
    await page.getByRole("textbox", { name: "Short name" }).fill("pacs");
    await page.getByRole("textbox", { name: "Key of the service account" }).waitFor();
    await page.getByRole("combobox", { name: "What kind of archive?" }).selectOption("c-store");
    await page.getByRole("textbox", { name: "Host name or IP address" }).fill("10.0.0.5");
    await page.getByRole("spinbutton", { name: "Port" }).fill("0");
    await page.getByRole("textbox", { name: "AE title of the archive" }).fill("PACS");
    await press("Add and test");
    await read("must be a whole number from 1 up to 65535, not 0");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("port");
    await page.getByRole("spinbutton", { name: "Port" }).fill("104");
    await press("Add and test");
    await read("pacs was added.");
    const settings = { id: "pacs", kind: "c-store", host: "10.0.0.5", port: 104, called_ae_title: "PACS" };
    expect(await asked()).toEqual([`add ${JSON.stringify(settings)}`]);
  }, 30_000);

  test("a destination is changed without its password being known, and removed only when it is meant", async () => {
    const { page } = browser;
    await show("admin-destinations", "Destinations");
    const own = page.getByRole("article", { name: "reading-centre" });
    await own.getByRole("button", { name: "Change" }).click();
    expect(await own.getByRole("textbox", { name: "Password" }).getAttribute("placeholder")).toContain(
      "kept if left empty",
    );
    await own.getByRole("textbox", { name: "User name" }).fill("other");
    await own.getByRole("button", { name: "Save and test" }).click();
    await own.getByText("reading-centre answers.").waitFor();
    expect(await focused()).toBe("Change"); // the form is gone
    expect(await asked()).toEqual([
      'change reading-centre {"id":"reading-centre","kind":"stow-rs","url":"https://pacs.north.example/dicom-web","auth":{"type":"basic","username":"other","password":{"set":true}}}',
      "test reading-centre",
    ]);
    await own.getByRole("button", { name: "Remove" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await own.getByRole("button", { name: "Remove" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await read("reading-centre was removed.");
    expect((await asked()).at(-1)).toBe("remove reading-centre");
  }, 30_000);

  test("rules are said in words, moved by keys, changed and removed; those of the file are not", async () => {
    const { page } = browser;
    await show("admin-routing", "Rules");
    await read("When the modality is CT or MR and it is urgent (STAT)");
    await read("Rule 3 can never match");
    expect(await page.getByRole("article", { name: "urgent CT" }).getByRole("button").count()).toBe(0);
    const south = page.getByRole("article", { name: "South" });
    await south.getByRole("button", { name: "Move up" }).press("Enter");
    await read("“South” is rule 2 now.");
    expect(await focused()).toBe("Move up");
    await south.getByRole("button", { name: "Change" }).click();
    await south.getByRole("textbox", { name: "AE title of origin" }).fill("MR1, MR2");
    await south.getByRole("checkbox", { name: "archive" }).uncheck();
    await south.getByRole("button", { name: "Save" }).click();
    await read("Choose at least one destination.");
    await south.getByRole("checkbox", { name: "north" }).check();
    await south.getByRole("button", { name: "Save" }).click();
    await read("The rule “South” was changed.");
    await page.getByRole("article", { name: "all" }).getByRole("button", { name: "Remove" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await read("The rule “all” was removed.");
    await page.waitForFunction(() => document.activeElement?.textContent === "Rules"); // its button is gone
    expect(await asked()).toEqual([
      "order r3 r2 r4",
      'change r3 {"name":"South","to":["north"],"when":{"ae_title":["MR1","MR2"]}}',
      "remove r4",
    ]);
  }, 30_000);

  test("a rule is tried on a study that came earlier, with what is typed in its place", async () => {
    const { page } = browser;
    await show("admin-routing-none", "Rules");
    await read("There is no rule yet: every study goes to north.");
    await page.getByRole("combobox", { name: "Study" }).selectOption({ index: 1 });
    await page.getByRole("textbox", { name: "Modality" }).last().fill("CT");
    await press("Try it");
    await read("Goes to north");
    await read("Urgency: routine; wanted urgent (STAT)");
    await read("Institution: not known any more; wanted Praxis S*");
    expect(await page.getByText(/MUSTER|P-1001/).count()).toBe(0);
    const study = { upload_id: "8f2k0000-0000-4000-8000-000000000000", study_instance_uid: "2.25.32985348833281" };
    expect(await asked()).toEqual([`try ${JSON.stringify({ modality: "CT", study })}`]);
  }, 30_000);

  test("users are made, given a role, disabled only when it is meant; the own account is not touched here", async () => {
    const { page } = browser;
    await show("admin-users", "Users");
    await page.getByText("Add a user").first().click();
    await page.getByRole("textbox", { name: "User name" }).fill("keller");
    await page.getByRole("combobox", { name: "Role" }).selectOption("radiologist");
    await page.getByLabel("First password").fill("four quiet words here");
    await press("Add a user");
    await read("keller can sign in now.");
    const weber = page.getByRole("article", { name: "weber" });
    await weber.getByText("Change").click();
    await weber.getByRole("combobox", { name: "Role" }).selectOption("admin");
    await weber.getByRole("button", { name: "Save" }).first().click();
    await read("weber was changed.");
    await weber.getByRole("button", { name: "Disable" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await weber.getByRole("button", { name: "Remove second step" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove second step" }).click();
    await read("weber is signed out everywhere.");
    expect(await asked()).toEqual(["add keller radiologist", 'change u2 {"role":"admin"}', "reset u2"]);
    expect(await page.getByRole("article", { name: "meier" }).getByText("Change").count()).toBe(0);
    await show("admin-sessions", "Sign-ins");
    expect(await page.getByRole("button", { name: "End" }).count()).toBe(2); // not this device's own
    await page.getByRole("button", { name: "End" }).first().click();
    await read("That sign-in has ended.");
    expect(await asked()).toEqual(["end there"]);
  }, 30_000);

  test("set-up goes from the certificate over the destinations and rules to the first study", async () => {
    const { page } = browser;
    await show("admin-setup", "Encryption");
    await read(/^10:17:1E/);
    expect(await page.getByRole("link", { name: "How devices are made to trust it" }).getAttribute("href")).toBe(
      "/trust",
    );
    await press("Continue");
    await page.getByRole("heading", { name: "Destination", level: 1 }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Destination");
    await page.getByRole("article", { name: "archive" }).getByRole("button", { name: "Test" }).click();
    await read("archive answers.");
    await press("Continue");
    await read("When the modality is CT or MR and it is urgent (STAT)");
    await press("Continue");
    await page.getByRole("heading", { name: "Ready" }).waitFor();
    await press("Send a first study");
    await page.getByRole("heading", { name: "Upload study" }).waitFor();

    await show("admin-setup-plain", "Encryption");
    await read("Nothing is encrypted");
    await press("Continue");
    await page.getByRole("combobox", { name: "What kind of archive?" }).selectOption("c-store");
    await page.getByRole("textbox", { name: "AE title of the archive" }).waitFor();
    await press("Back");
    await page.getByRole("heading", { name: "Encryption" }).waitFor();
  }, 30_000);

  test("signing in leads to the set-up while there is no account", async () => {
    const { page } = browser;
    await show("sign-in-not-set-up", "RelayPACS");
    await page.getByRole("textbox", { name: "Username" }).fill("anybody");
    await page.getByLabel("Password", { exact: true }).fill("four quiet words here");
    await press("Sign in");
    await page.getByRole("heading", { name: "Set up this hospital box" }).waitFor();
  }, 30_000);

  test("nothing complains", () => expect(browser.complaints).toEqual([]));
});
