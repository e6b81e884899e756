import { expect, test } from "bun:test";
import { connect } from "node:net";
import { type FakePacs, startFakePacs } from "../../src/fake-pacs/server.ts";
import { makeZip } from "../../src/intake/make-zip.fixture.ts";
import { run } from "../cli/binary.ts";
import { type Box, startBox } from "../support/box.ts";
import { freePort, until } from "../support/child.ts";
import { madeStudy } from "./made-study.ts";

const archive = (port: number | string) =>
  `[[destination]]\nid = "main"\nkind = "stow-rs"\nurl = "http://127.0.0.1:${port}/dicom-web"`;
const delivered = new Set(["delivered"]);
const ready = async ({ url }: Box) => (await fetch(`${url}/ready`).catch(() => null))?.ok === true;

test("P17: with 1 000 queued studies it is ready after a kill, and deliveries go on to the end", async () => {
  const port = await freePort();
  const box = await startBox(archive(port));
  let pacs: FakePacs | undefined;
  try {
    const client = await box.client();
    const uploads: string[] = [];
    const sops = new Set<string>();
    for (let round = 0; round < 10; round++) {
      const studies = Array.from({ length: 100 }, () => madeStudy(1));
      const members = studies.flatMap(({ files, bySop }) => {
        for (const sop of bySop.keys()) sops.add(sop);
        return files.map(({ bytes }) => ({ name: `${sops.size}.dcm`, data: bytes, stored: true }));
      });
      const opened = await client.upload([{ name: "studies.zip", bytes: makeZip(members) }]);
      await client.complete(opened);
      uploads.push(opened.upload_id);
    }
    for (const id of uploads) await client.reach(id, new Set(["forwarding"]));
    await box.kill();
    pacs = await startFakePacs({ port });
    const { held } = pacs;
    const started = performance.now();
    await box.start();
    await until("it to be ready", () => ready(box), 10_000);
    await until("deliveries to go on", () => held.size > 0, 10_000);
    const took = Math.round(performance.now() - started);
    for (const id of uploads) await client.reach(id, delivered);
    console.info(
      `ready and sending ${took} ms after the start, all sent after ${Math.round(performance.now() - started)} ms`,
    );
    expect(took).toBeLessThan(10_000);
    expect(new Set(held.keys())).toEqual(sops);
    expect(pacs.stores.length).toBe(1000); // each study once
  } finally {
    await box.stop();
    await pacs?.stop();
  }
}, 120_000);

test("SIGTERM ends it within 10 s beside a delivery that hangs and a body that dawdles; all of it goes on after the start", async () => {
  const options = { otherwise: { ending: "hang", keeps: "none" } as object };
  const pacs = await startFakePacs(options);
  const box = await startBox(archive(new URL(pacs.url).port));
  try {
    const client = await box.client();
    const [hanging, study] = [madeStudy(2), madeStudy(1, 300_000)];
    const sent = await client.upload(hanging.files);
    await client.complete(sent);
    await until("the archive to have it", () => pacs.stores.length > 0);

    const bytes = study.files[0]?.bytes ?? new Uint8Array();
    const opened = await client.init({ total_files: 1, total_size_bytes: bytes.length, chunk_size: 65_536 });
    expect((await client.chunk(opened, "a", 0, bytes.subarray(0, 65_536))).status).toBe(200);
    const { hostname, port } = new URL(box.url);
    const slow = connect(Number(port), hostname);
    slow.on("error", () => undefined);
    const path = `/upload/${opened.upload_id}/chunk?file_id=a&chunk_index=1`;
    const head = [`PUT ${path} HTTP/1.1`, `Host: ${hostname}`, `Authorization: Bearer ${opened.upload_token}`];
    const more = ["Content-Type: application/octet-stream", "Content-Length: 65536", "", ""];
    await new Promise<void>((resolve) =>
      slow.write([...head, ...more].join("\r\n") + "x".repeat(20_000), () => resolve()),
    );

    const started = performance.now();
    expect(await box.terminate()).toBe(0);
    expect(performance.now() - started).toBeLessThan(10_000);
    slow.destroy();

    options.otherwise = {};
    await box.start();
    await client.reach(sent.upload_id, delivered);
    const status = await client.status(opened.upload_id);
    expect(status).toMatchObject({ state: "receiving", uploaded_bytes: 65_536 });
    for (let at = 1; at * 65_536 < bytes.length; at++)
      expect((await client.chunk(opened, "a", at, bytes.subarray(at * 65_536, (at + 1) * 65_536))).status).toBe(200);
    expect((await client.complete(opened)).status).toBe(200);
    await client.reach(opened.upload_id, delivered);
    expect(new Set(pacs.held.keys())).toEqual(new Set([...hanging.bySop.keys(), ...study.bySop.keys()]));
  } finally {
    await box.stop();
    await pacs.stop();
  }
}, 60_000);

test("a second box on the same data folder does not start, and the first goes on", async () => {
  const pacs = await startFakePacs();
  const box = await startBox(archive(new URL(pacs.url).port));
  try {
    const client = await box.client(); // `user add` beside a running box is no second box
    const opened = await client.upload(madeStudy(2).files);
    const second = await run(["serve", "--config", box.configFile]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain("Another RelayPACS runs on this data folder.");
    expect(second.stdout).toBe("");
    expect((await client.complete(opened)).status).toBe(200);
    await client.reach(opened.upload_id, delivered);
    // The lock goes with the process, however it ends.
    await box.kill();
    await box.start();
    await until("it to be ready", () => ready(box));
  } finally {
    await box.stop();
    await pacs.stop();
  }
}, 30_000);
