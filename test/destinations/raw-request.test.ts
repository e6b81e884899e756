import { expect, setDefaultTimeout, test } from "bun:test";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { type Box, startBox } from "../support/box.ts";
import { until } from "../support/child.ts";
import { madeBytes } from "../support/made-instance.ts";

setDefaultTimeout(60_000);
const evil = '"; x="\r\nX-Evil: 1\r\n\r\n--evil\0';

/** Takes down every byte that comes in, and answers that it holds nothing. */
async function listening() {
  const said: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on("data", (piece: Buffer) => {
      said.push(piece);
      if (/^GET /.test(piece.toString("latin1"))) socket.write("HTTP/1.1 204 No Content\r\n\r\n");
    });
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as AddressInfo;
  return { port, text: () => Buffer.concat(said).toString("latin1"), stop: () => server.close() };
}
const config = (port: number) =>
  `[[destination]]\nid = "web"\nkind = "stow-rs"\nurl = "http://127.0.0.1:${port}/dicom-web"\ntimeout_seconds = 2\n`;

test("T14: patient, description, file name and private words of a study make no header and no part of a request", async () => {
  const archive = await listening();
  let box: Box | undefined;
  try {
    box = await startBox(config(archive.port));
    const client = await box.client();
    const uid = "2.25.1414";
    const bytes = madeBytes({
      study: uid,
      series: `${uid}.1`,
      sop: `${uid}.1.1`,
      more: [
        [0x0008, 0x1030, "LO", evil.padEnd(evil.length + (evil.length % 2))],
        [0x0010, 0x4000, "LT", evil.padEnd(evil.length + (evil.length % 2))],
      ],
    });
    const opened = await client.upload([{ name: "a';\"b--x.dcm", bytes }], {
      study_metadata: { study_name: 'x"; y="--', clinical_notes: evil },
    });
    await client.complete(opened);
    await until("the images to be sent", () => archive.text().includes("DICM"), 30_000);
    await until("all of them to be there", () => /--\r\n$/.test(archive.text()), 30_000);
    const all = archive.text();
    const post = all.slice(all.indexOf("POST "));
    const [head = ""] = post.split("\r\n\r\n");
    const [line, ...headers] = head.split("\r\n");
    expect(line).toMatch(/^POST \/dicom-web\/studies(\/2\.25\.1414)? HTTP\/1\.1$/);
    const names = headers.map((it) => it.split(":")[0]?.toLowerCase() ?? "").sort();
    const known = ["accept", "accept-encoding", "connection", "content-length", "content-type", "host", "user-agent"];
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
    const boundary = /boundary=([A-Za-z0-9-]+)$/m.exec(head)?.[1] ?? "";
    expect(boundary.length).toBeGreaterThan(20);
    // Between the boundaries stand our own lines and the files, which have 'evil' inside and nowhere else.
    const parts = post.slice(head.length + 4).split(`--${boundary}`);
    expect(parts[0]).toBe("");
    expect(parts.at(-1)).toBe("--\r\n");
    for (const part of parts.slice(1, -1))
      expect(part.slice(0, part.indexOf("\r\n\r\n") + 4)).toBe("\r\nContent-Type: application/dicom\r\n\r\n");
    for (const word of ["X-Evil", "a';", "study_name"]) expect(head).not.toContain(word);
  } finally {
    await box?.stop();
    archive.stop();
  }
});

test.each([
  ["a line end", "2.25.1\r\nX-Evil: 1"],
  ["a quote", '2.25.1"'],
  ["a slash", "2.25.1/../../x"],
  ["a NUL inside", "2.25.1\0.5"],
])("T14: a UID with %s reaches no archive", async (_what, uid) => {
  const archive = await listening();
  let box: Box | undefined;
  try {
    box = await startBox(config(archive.port));
    const client = await box.client();
    for (const at of ["study", "series", "sop"] as const) {
      const bytes = madeBytes({ study: "2.25.15", series: "2.25.15.1", sop: "2.25.15.1.1", [at]: uid });
      const status = await client.send([{ name: "a.dcm", bytes }]);
      expect([at, status.state]).toEqual([at, "failed"]);
      expect(status.warnings.map(({ code }) => code)).toContain("uid_invalid");
    }
    expect(archive.text()).toBe("");
  } finally {
    await box?.stop();
    archive.stop();
  }
});
