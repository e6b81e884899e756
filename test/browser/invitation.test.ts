import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { InvitationMade } from "../../src/contract/invitation.ts";
import { type Box, startBox } from "../support/box.ts";
import { type Browser, chromium, startBrowser } from "../support/browser.ts";
import { until } from "../support/child.ts";
import type { Client } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { type Hand, handAt } from "./hand.ts";

const define = chromium === null ? () => {} : describe;
define("a device that was invited by a QR code", () => {
  let box: Box;
  let staff: Client;
  let desk: Browser;
  let phone: Browser;
  let hand: Hand;
  beforeAll(async () => {
    box = await startBox('[[destination]]\nid = "reading-centre"\nkind = "folder"\npath = "received"\n');
    staff = await box.client("radiographer");
    desk = await startBrowser({ viewport: { width: 1280, height: 800 } });
    phone = await startBrowser({ viewport: { width: 360, height: 640 } });
    hand = handAt(phone);
  }, 60_000);
  afterAll(async () => {
    await desk.stop();
    await phone.stop();
    await box.stop();
  });

  const image = (serial: number) => {
    const study = `2.25.66${process.pid}${serial}`;
    const bytes = madeBytes({ study, series: `${study}.0`, sop: `${study}.1`, pixels: 512 });
    return { name: `IM${serial}`, mimeType: "application/dicom", buffer: Buffer.from(bytes) };
  };
  const choose = async (serial: number) => {
    const picker = phone.page.waitForEvent("filechooser");
    await hand.tap("Add study");
    await (await picker).setFiles([image(serial)]);
    await hand.see("Confirm study");
  };
  const invite = async () =>
    (await (await staff.request("POST", "/invitations", { body: {} })).json()) as InvitationMade;

  test("from the code on the staff's screen to Delivered, and nothing but that", async () => {
    const host = handAt(desk);
    await host.signIn(box.url);
    await desk.page.goto(`${box.url}/#/more`);
    await host.tap("Invite a device");
    await host.see("Invite a device");
    await host.type("What it is for", "Ambulance 3");
    await desk.page.getByLabel("Where the study goes").selectOption("reading-centre");
    const answered = desk.page.waitForResponse(
      (answer) => answer.url().endsWith("/invitations") && answer.status() === 201,
    );
    await host.tap("Show code");
    const made = (await (await answered).json()) as InvitationMade;
    const code = desk.page.getByRole("img", { name: "QR code" });
    await code.waitFor();
    expect((await code.boundingBox())?.width).toBeGreaterThan(350);
    await host.read(/^Good for 1[45] min more$/);

    const asked: string[] = [];
    phone.page.on("request", (request) => asked.push(`${request.url()} ${JSON.stringify(request.headers())}`));
    await phone.page.goto(made.url);
    await hand.read("radiographer invites this device to send one study.");
    await hand.read("It goes to reading-centre.");
    await host.read(/^Used at /);
    expect(phone.page.url()).toBe(`${box.url}/#/join`);
    expect(asked.filter((line) => line.includes(made.payload.upload_token))).toEqual([]);
    await hand.tap("Send a study");
    await hand.see("Upload study");
    expect(await phone.page.getByRole("navigation").count()).toBe(0);
    await phone.page.goto(`${box.url}/#/activity`);
    await hand.see("Upload study");
    await phone.page.reload();
    await hand.see("Upload study"); // the same device is known again
    await choose(1);
    await hand.tap("Send");
    await hand.delivered(1);
    await phone.page.goto(`${box.url}/#/send`);
    await hand.read("The code was good for one study.");
    await phone.page.goto("about:blank");
    await phone.page.goto(made.url);
    await hand.read("This code has ended. Ask for a new one.");
    expect([...desk.complaints, ...phone.complaints].filter((line) => !line.includes("410"))).toEqual([]);
  }, 60_000);

  test("Stop ends it: what was not sent yet stays unsent, and the device says why", async () => {
    const { url, invitation_id } = await invite();
    await phone.page.goto(url);
    await hand.tap("Send a study");
    await choose(2);
    await desk.page.reload();
    await handAt(desk).tap("Stop: A device");
    await until("the invitation to be over", async () => {
      const answer = (await (await staff.request("GET", "/invitations")).json()) as {
        invitations: { invitation_id: string; state: string }[];
      };
      return answer.invitations.find((it) => it.invitation_id === invitation_id)?.state === "ended";
    });
    await hand.tap("Send");
    await hand.read("This code has ended. Ask for a new one.");
    const { uploads } = (await (await staff.request("GET", "/uploads")).json()) as { uploads: unknown[] };
    expect(uploads).toHaveLength(1);
  }, 60_000);

  test("a code that another device has used", async () => {
    const { url, payload } = await invite();
    await staff.request("POST", "/invitations/redeem", { token: null, body: { upload_token: payload.upload_token } });
    await phone.page.goto(url);
    await hand.read("This code was already used on another device. Ask for a new one.");
  }, 30_000);
});
