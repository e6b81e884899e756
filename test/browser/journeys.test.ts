import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sevenZipPath } from "../../src/intake/seven-zip.ts";
import { madeClasses } from "../studies/desk.ts";
import { type Box, startBox } from "../support/box.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { dataSetBytes, elementText, readDicom } from "../support/dicom-file.ts";
import { type OrthancServer, orthancProgram, startOrthanc } from "../support/orthanc.ts";
import { sharedData, sharedFiles } from "../support/shared-data.ts";
import { type Hand, handAt } from "./hand.ts";
import { type DataSets, dataSetsIn, dataSetsOf, entryOf, heldBy } from "./held.ts";

setDefaultTimeout(90_000);
const ctPhilips = "1.3.46.670589.33.1.27492712521914879309.27169771283235650014";
const mr128 = "1.2.826.0.1.3680043.8.498.23904356067352728123256330845974725175";
const mrSiemens = "1.3.12.2.1107.5.2.19.45160.30000018091720502193200000007";
const mr16 = "1.113654.3.13.1026";
const headNeck = "1.3.6.1.4.1.14519.5.2.1.2744.7002.150059977302243314164020079415";
const smallMR = "1.3.6.1.4.1.5962.1.1.0.0.0.1196533885.18148.0.1";

/** Both ways to an Orthanc, one of them where the browser refuses service workers. */
const ways = [
  { kind: "orthanc", at: (it: OrthancServer) => it.url, withoutServiceWorker: false },
  { kind: "stow-rs", at: (it: OrthancServer) => it.dicomWebUrl, withoutServiceWorker: true },
];

if (chromium !== null && orthancProgram !== null && sharedData !== null) {
  const data = sharedData;
  for (const { kind, at, withoutServiceWorker } of ways)
    describe(`from the picker to a real Orthanc by ${kind}, ${withoutServiceWorker ? "without" : "with"} a service worker`, () => {
      let orthanc: OrthancServer;
      let box: Box;
      let browser: Browser;
      let hand: Hand;
      let folder: string;
      let sent = 0;
      beforeAll(async () => {
        folder = mkdtempSync(join(tmpdir(), "relaypacs-journeys-"));
        orthanc = await startOrthanc();
        box = await startBox(`[[destination]]\nid = "archive"\nkind = "${kind}"\nurl = "${at(orthanc)}"`);
        await box.client("radiographer"); // the account
        browser = await startBrowser({ viewport: { width: 360, height: 640 }, withoutServiceWorker });
        browser.page.on("filechooser", () => undefined); // hands every picker over from now on, however fast it opens
        hand = handAt(browser);
        await hand.signIn(box.url);
        if (!withoutServiceWorker)
          await browser.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
        await browser.page.reload(); // from the second visit on the service worker stands between page and box
      });
      afterAll(async () => {
        await browser?.stop();
        await box?.stop();
        await orthanc?.stop();
        rmSync(folder, { recursive: true, force: true });
      });
      afterEach(() => expect(browser.complaints).toEqual([]));

      const below = (path: string) => join(data, path);
      /** All studies of this run are delivered, these as the last. */
      const delivered = (studies: number) => {
        sent += studies;
        return hand.delivered(sent);
      };

      test("a folder of a real study", async () => {
        await hand.begin(box.url);
        await hand.choose("Add folder", below("dicom/study-ct-philips"));
        await hand.see("Confirm study");
        await hand.tap("Send");
        await delivered(1);
        expect(hand.taps).toBe(3);
        // two of its files are the maker's index, not images
        const images = sharedFiles("dicom/study-ct-philips").filter((path) => !path.endsWith("DIRFILE"));
        expect(await dataSetsIn(orthanc, ctPhilips)).toEqual(dataSetsOf(images));
      });

      test("a ZIP", async () => {
        await hand.begin(box.url);
        await hand.choose("Add study", below("archives/zip/mr-128-slices.zip"));
        await hand.see("Confirm study");
        await hand.tap("Send");
        await delivered(1);
        expect(hand.taps).toBe(3);
        const members = Bun.spawnSync([sevenZipPath(), "x", "-so", "--", below("archives/zip/mr-128-slices.zip")]);
        const there = await heldBy(orthanc, mr128);
        expect(there).toHaveLength(128);
        expect(there.filter((bytes) => !members.stdout.includes(dataSetBytes(bytes)))).toEqual([]);
      });

      test("a RAR: nobody can see into it here, so the box asks and the person looks at what it found", async () => {
        await hand.begin(box.url);
        await hand.choose("Add study", below("archives/rar/rar5-study.rar"));
        await hand.see("Confirm study");
        await hand.read("Patient is read at the hospital box");
        await hand.tap("Send");
        await hand.read("The hospital box asks you to check this study before it goes on.");
        expect(await heldBy(orthanc, mrSiemens)).toEqual([]);
        await hand.tap("Check the study");
        await hand.see("Confirm study");
        await hand.read("8 images");
        await hand.tap("Send");
        await delivered(1);
        expect(hand.taps).toBe(5);
        expect(await dataSetsIn(orthanc, mrSiemens)).toEqual(dataSetsOf(sharedFiles("dicom/study-mr-siemens")));
      });

      test("a photo with notes, urgent", async () => {
        const notes = "Sturz von der Leiter; Fraktur? 🚑";
        await hand.begin(box.url);
        await hand.choose("Add study", below("images/jpeg-baseline.jpg"));
        await hand.see("Confirm study");
        await hand.tap("Copy from an earlier study today");
        await hand.type("Clinical notes", notes);
        await hand.pick("STAT");
        const patient = await browser.page.getByRole("textbox", { name: "Patient ID" }).inputValue();
        expect(patient).not.toBe("");
        await hand.tap("Send");
        await delivered(1);
        expect(hand.taps).toBe(6);
        const found = await fetch(`${orthanc.url}/tools/find`, {
          method: "POST",
          body: JSON.stringify({
            Level: "Study",
            Expand: true,
            Query: { PatientID: patient, ModalitiesInStudy: "SR" },
          }),
        });
        const [study] = (await found.json()) as { MainDicomTags: { StudyInstanceUID: string } }[];
        const there = await heldBy(orthanc, study?.MainDicomTags.StudyInstanceUID ?? "");
        const made = (classUID: string) => there.filter((bytes) => readDicom(bytes).sopClassUID === classUID);
        expect(there).toHaveLength(2);
        expect(made(madeClasses.textSR).map((bytes) => Buffer.from(bytes).includes(notes))).toEqual([true]);
        expect(made(madeClasses.secondaryCapture).map((bytes) => elementText(bytes, 0x00100020))).toEqual([patient]);
      });

      test("two patients in one folder are two uploads", async () => {
        const disc = join(folder, "CD");
        mkdirSync(disc);
        for (const name of ["study-mr-16", "study-pt-seg-sr"])
          cpSync(below(`dicom/${name}`), join(disc, name), { recursive: true });
        await hand.begin(box.url);
        await hand.choose("Add folder", disc);
        await hand.read("These files belong to 2 patients.");
        await hand.tap("Review");
        await hand.read("1 of 2");
        await hand.tap("Send");
        await browser.page.getByText("1 of 2").waitFor({ state: "detached" });
        await hand.tap("Send");
        await delivered(2);
        expect(hand.taps).toBe(5);
        expect(await dataSetsIn(orthanc, mr16)).toEqual(dataSetsOf(sharedFiles("dicom/study-mr-16")));
        expect(await dataSetsIn(orthanc, headNeck)).toEqual(dataSetsOf(sharedFiles("dicom/study-pt-seg-sr")));
      });

      test("two patients in one ZIP are told before, and each is filed under its own name", async () => {
        const path = below("archives/zip/two-patients.zip");
        await hand.begin(box.url);
        await hand.choose("Add study", path);
        await hand.read("This archive holds several patients.");
        await hand.tap("Review");
        await hand.see("Confirm study");
        const patients = browser.page.locator(".patients").getByRole("checkbox");
        expect(await patients.count()).toBe(2);
        await patients.nth(0).check();
        await patients.nth(1).check();
        await hand.tap("Send");
        await delivered(1);
        expect(hand.taps + 2).toBeLessThanOrEqual(6);
        const members = Bun.spawnSync([sevenZipPath(), "x", "-so", "--", path]);
        const there = await heldBy(orthanc, smallMR);
        expect(there).toHaveLength(2);
        expect(there.filter((bytes) => !members.stdout.includes(dataSetBytes(bytes)))).toEqual([]);
        expect(await heldBy(orthanc, mrSiemens)).toHaveLength(8);
      });

      if (!withoutServiceWorker)
        test("a RAR of several studies: each is shown and sent by itself", async () => {
          await hand.begin(box.url);
          await hand.choose("Add study", below("archives/rar/rar4-dicomdir.rar"));
          await hand.see("Confirm study");
          await hand.tap("Send");
          await hand.tap("Check the study");
          for (let left = 6; left > 0; left--) {
            if (left > 1) await hand.read(`1 of ${left}`);
            await hand.tap("Send");
          }
          await delivered(1);
          const images = dataSetsOf(sharedFiles("dicom/fileset-dicomdir").filter((path) => !path.endsWith("DICOMDIR")));
          const there = await Promise.all([...images.keys()].map((uid) => orthanc.files(uid)));
          expect(there.map((copies) => copies.length)).toEqual(Array(31).fill(1));
          const came: DataSets = new Map(there.flat().map(entryOf));
          expect(came).toEqual(images);
        });

      test("nothing of a patient is in the address or the title", async () => {
        expect(`${browser.page.url()} ${await browser.page.title()}`).toMatch(/#\/progress Progress · RelayPACS$/);
        expect(await browser.page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(
          !withoutServiceWorker,
        );
      });
    });
}
