import { expect, setDefaultTimeout, test } from "bun:test";
import { startFakePacs } from "../../src/fake-pacs/server.ts";
import { madeBytes } from "../support/made-instance.ts";
import { orthancProgram, startOrthanc } from "../support/orthanc.ts";

setDefaultTimeout(60_000);
const related = 'multipart/related; type="application/dicom"; boundary=b';
const part = (content: Uint8Array) =>
  Buffer.concat([Buffer.from("--b\r\nContent-Type: application/dicom\r\n\r\n"), content, Buffer.from("\r\n")]);
const body = (...parts: Uint8Array[]) => Buffer.concat([...parts, Buffer.from("--b--\r\n")]);
const image = (study = "2.25.2") => part(madeBytes({ study }));
const text = (bytes: Buffer, change: (text: string) => string) =>
  Buffer.from(change(bytes.toString("latin1")), "latin1");

interface Sent {
  readonly type?: string;
  readonly path?: string;
  readonly content: Buffer;
}
const requests: readonly (readonly [name: string, sent: Sent])[] = [
  ["a good one", { content: body(image()) }],
  ["a quoted boundary", { content: body(image()), type: related.replace("=b", '="b"') }],
  ["JSON", { content: body(image()), type: "application/json" }],
  ["no boundary", { content: body(image()), type: 'multipart/related; type="application/dicom"' }],
  ["parts of another type", { content: body(image()), type: related.replace("dicom", "json") }],
  ["one object alone", { content: Buffer.from(madeBytes()), type: "application/dicom" }],
  ["another boundary", { content: body(image()), type: related.replace("=b", "=c") }],
  ["line feeds alone", { content: text(body(image()), (all) => all.replaceAll("\r\n", "\n")) }],
  ["no end", { content: body(image()).subarray(0, -6) }],
  ["a part that is no DICOM", { content: body(image(), part(Buffer.from("no"))) }],
  ["nothing that is DICOM", { content: body(part(Buffer.from("no"))) }],
  ["another study", { content: body(image()), path: "/2.25.999" }],
  ["another study among others", { content: body(image(), image("2.25.999")), path: "/2.25.999" }],
  ["no part", { content: Buffer.from("--b--\r\n") }],
];

/** What an archive answered to each, and how many images it has then. */
async function told(dicomWebUrl: string, held: () => Promise<number>): Promise<string[]> {
  const lines: string[] = [];
  for (const [name, { content, type = related, path = "" }] of requests) {
    const headers = { accept: "application/dicom+json", "content-type": type };
    const sent = { method: "POST", headers, body: new Uint8Array(content) };
    const answer = await fetch(`${dicomWebUrl}/studies${path}`, sent);
    await answer.arrayBuffer();
    lines.push(`${name}: ${answer.status}, holds ${await held()}`);
  }
  return lines;
}

if (orthancProgram !== null) {
  test("the fake Orthanc answers what a real one answers, right or wrong as the request may be", async () => {
    const [real, fake] = [await startOrthanc(), await startFakePacs({ kind: "orthanc" })];
    try {
      const said = await told(real.dicomWebUrl, async () => (await real.instances()).length);
      expect(await told(fake.dicomWebUrl, async () => fake.held.size)).toEqual(said);
    } finally {
      await real.stop();
      await fake.stop();
    }
  });
}
