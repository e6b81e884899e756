import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { type Box, startBox, testPassword } from "./box.ts";
import { type Browser, startBrowser } from "./browser.ts";
import { until } from "./child.ts";
import { type Line, type LineKind, startLine } from "./line.ts";
import { testCertificate } from "./test-certificates.ts";

/** A box over TLS and a phone's browser with a line between them: the app is loaded, a radiographer signed in. */
export interface FarPhone {
  readonly line: Line;
  readonly box: Box;
  readonly browser: Browser;
  /** The box as the phone names it. */
  readonly url: string;
  /** Chooses these files and presses Send, which may take so long to show; two minutes. @returns when the study is on its way */
  send(paths: readonly string[], milliseconds?: number): Promise<void>;
  /** Bytes of all uploads that the box holds for certain. */
  receivedBytes(): number;
  /** Waits until so many studies read `Delivered`. @throws Error with the screen's words after `milliseconds` */
  delivered(count: number, milliseconds: number): Promise<void>;
  /** Every file below the destination's folder. */
  readonly received: string;
  stop(): Promise<void>;
}

const destination = '[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"\n';

/** Presses what opens a picker and chooses by path: the driver's own way carries the bytes through its socket, 50 MB at most. */
export async function choosePaths(page: Page, name: string, paths: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const opened = Promise.withResolvers<number | undefined>();
  session.once("Page.fileChooserOpened", ({ backendNodeId }) => opened.resolve(backendNodeId));
  await session.send("Page.enable");
  await session.send("Page.setInterceptFileChooserDialog", { enabled: true });
  await page.getByRole("button", { name, exact: true }).click();
  const backendNodeId = (await opened.promise) ?? 0;
  await session.send("DOM.setFileInputFiles", { files: [...paths], backendNodeId });
  await session.detach();
}

/** @param kind the line, once the app is loaded · @param roundTripMs as in `startLine` */
export async function startFarPhone(kind: LineKind = {}, roundTripMs?: number): Promise<FarPhone> {
  const folder = mkdtempSync(join(tmpdir(), "relaypacs-far-"));
  const line = await startLine(roundTripMs === undefined ? {} : kind, roundTripMs);
  const ends: (() => Promise<unknown> | unknown)[] = [() => rmSync(folder, { recursive: true }), () => line.stop()];
  const stop = async () => {
    for (const end of ends.reverse()) await end();
  };
  try {
    const certificate = testCertificate(folder, "box", `IP:${line.boxAddress}`);
    if (certificate === null) throw new Error("there is no openssl on this machine");
    const box = await startBox(destination, {
      tls: `mode = "files"\ncert = "${certificate.certFile}"\nkey = "${certificate.keyFile}"`,
      env: { RELAYPACS_LISTEN: "0.0.0.0:0" },
      inside: line.box,
    });
    ends.push(() => box.stop());
    await box.account("radiographer");
    const url = `https://${line.boxAddress}:${new URL(box.url).port}`;
    const flags = ["--ignore-certificate-errors"];
    const browser = await startBrowser({ inside: line.phone, reach: line.reach, flags });
    ends.push(() => browser.stop());

    const { page } = browser;
    const button = (name: string) => browser.page.getByRole("button", { name, exact: true });
    await page.goto(url);
    await page.getByRole("textbox", { name: "Username" }).fill("radiographer");
    await page.getByLabel("Password", { exact: true }).fill(testPassword);
    await button("Sign in").click();
    await button("Add study").waitFor();
    if (roundTripMs === undefined) line.become(kind);
    return {
      line,
      box,
      browser,
      url,
      send: async (paths, milliseconds = 120_000) => {
        browser.page.setDefaultTimeout(milliseconds);
        await browser.page.goto(`${url}/#/send`);
        await choosePaths(browser.page, "Add study", paths);
        await button("Send").click();
        await browser.page.getByRole("progressbar").first().waitFor();
      },
      delivered: async (count, milliseconds) => {
        const sent = () => new Set(box.events("upload.completed").map(({ upload_id: id }) => id));
        const there = () => box.events("upload.purged").filter(({ upload_id: id }) => sent().has(id)).length;
        await browser.unwatched(() =>
          until("the studies to arrive and be removed at the box", () => there() >= count, milliseconds),
        );
        const shown = () => browser.page.getByText("Delivered", { exact: true }).count();
        await until("Delivered", async () => (await shown()) >= count, 60_000);
      },
      receivedBytes: () => {
        const db = new Database(join(box.dataDir, "relaypacs.db"), { readonly: true });
        const row = db
          .query<{ bytes: number | null }, []>("SELECT sum(received_bytes) AS bytes FROM upload_file")
          .get();
        db.close();
        return row?.bytes ?? 0;
      },
      received: join(box.dataDir, "received"),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
