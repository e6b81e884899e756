import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeZip } from "../../src/intake/make-zip.fixture.ts";
import { until } from "../support/child.ts";
import { fileOf, type SendFile, type Status } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { manifestRows } from "../support/manifest.ts";
import { filesBelow, type Lab, startLab } from "./lab.ts";

setDefaultTimeout(120_000);

/** What a patient could be known by, in every place where a sender can put it. */
const secret = {
  patientName: "Qzx^Pat",
  patientID: "QZXI",
  fileName: "Qzxfile-Jane",
  memberName: "Qzxmember-Jane",
  notes: "Qzxnotes about Jane",
  metadataName: "QZXDOE^JANE",
  metadataID: "Qzxmeta-4711",
  description: "Qzxstudy of Jane",
  pixels: "Qzxpixels",
  garbage: "Qzxgarbage",
} as const;
const studyMetadata = {
  patient_name: secret.metadataName,
  patient_id: secret.metadataID,
  study_name: secret.description,
  clinical_notes: secret.notes,
};
const displaySeconds = 2;

/** An instance that says all of it; the replaced texts are as long as the ones made. */
function telling(): Uint8Array {
  const bytes = Buffer.from(madeBytes({ study: "2.25.90", sop: "2.25.90.1", pixels: 4096 }));
  bytes.write(secret.patientName, bytes.indexOf("Made^Up"), "latin1");
  bytes.write(secret.patientID, bytes.indexOf("MADE"), "latin1");
  bytes.write(secret.pixels, bytes.length - 1000, "latin1");
  return new Uint8Array(bytes);
}

const strange = ["\u202egnp.dcm", "a\r\nb.dcm", "\u001b[31mred.dcm", "<script>alert(1)</script>.dcm", "\u2066x.dcm"];

/** Uploads that end in every way: whole, in part, refused by the header, by the archive, cut short, left out. */
function uploads(): SendFile[][] {
  const bytes = telling();
  const zip = (data: Uint8Array | string) => makeZip([{ name: `${secret.memberName}.dcm`, data }]);
  const named = (ending: string, data: Uint8Array): SendFile => ({
    name: `${secret.fileName}/x${ending}`,
    bytes: data,
  });
  return [
    [named(".dcm", bytes)],
    [named(".dcm", bytes), named("2.dcm", bytes.subarray(0, bytes.length - 600))],
    [named(".zip", zip(bytes)), named("2.zip", zip(secret.garbage))],
    [named(".zip", zip(bytes).subarray(0, 2000))],
    [named(".txt", Buffer.from(secret.garbage)), named(".gif", Buffer.from(`GIF89a${secret.garbage}`))],
    [named(".rar", Buffer.from(`Rar!\u001a\u0007\u0000${secret.garbage}`)), named(".7z", Buffer.alloc(0))],
    ...manifestRows("Archives")
      .filter(({ path }) => path.startsWith("archives/hostile/"))
      .map(({ file }) => [fileOf(file)]),
    ...manifestRows("Invalid and odd DICOM").map(({ file }) => [fileOf(file)]),
  ];
}

let lab: Lab;
const evil = () => readdirSync("/tmp").filter((name) => name.startsWith("relaypacs-evil"));
const evilBefore = evil();
let filesBefore: string[] = [];
const ended: Status[] = [];
/** What the search finds while the names may still be shown: that it finds them at all. */
let foundAtFirst: string[] = [];
beforeAll(async () => {
  lab = await startLab(`[retention]\ndisplay_hours = ${displaySeconds / 3600}`);
  filesBefore = filesBelow(lab.box.dataDir);
  // Of one that has not ended: after that the names stay for displaySeconds alone, which a busy machine is past before it looks.
  const client = await lab.box.client();
  const { upload_id } = await client.init({ total_files: 1, total_size_bytes: 1, study_metadata: studyMetadata });
  foundAtFirst = hitsIn(databaseFiles());
  await client.request("DELETE", `/upload/${upload_id}`);
  for (const files of uploads()) ended.push((await lab.send(files, { study_metadata: studyMetadata })).status);
});
afterAll(() => lab.stop());

/** Everything that the box itself said of patients and files, long enough to be nobody else's. */
function sentinels(): string[] {
  const said = ended.flatMap(({ studies, files, warnings }) => [
    ...studies.flatMap((study) => [study.patient_name, study.patient_id]),
    ...[...files.map(({ name }) => name), ...warnings.map(({ file_name }) => file_name)],
  ]);
  const long = said.filter((text): text is string => text != null && text.length >= 7);
  return [...new Set([...Object.values(secret), ...long])];
}
const hits = (bytes: Buffer): string[] =>
  sentinels().filter((text) => bytes.includes(text, 0, "utf8") || bytes.includes(text, 0, "utf16le"));
const databaseFiles = () => filesBelow(lab.box.dataDir).filter((name) => name.startsWith("relaypacs.db"));
const hitsIn = (names: readonly string[]) =>
  names.flatMap((name) => hits(readFileSync(join(lab.box.dataDir, name))).map((text) => `${name}: ${text}`));

test("all of them end, and what was told was told with names", () => {
  expect(ended.filter(({ state }) => !["delivered", "partial", "failed"].includes(state))).toEqual([]);
  // In the database or still in its log.
  expect(foundAtFirst.some((line) => line.endsWith(`: ${secret.metadataName}`))).toBe(true);
  expect(sentinels()).toContain(`${secret.fileName}/x2.zip/${secret.memberName}.dcm`);
  expect(ended[0]?.studies[0]).toMatchObject({ patient_name: secret.patientName, patient_id: secret.patientID });
});

test("T23: names that turn text around or command a terminal are shown harmlessly", async () => {
  const { status } = await lab.send([
    { name: "odd.zip", bytes: makeZip(strange.map((name) => ({ name, data: "no image" }))) },
  ]);
  ended.push(status);
  expect(status.warnings.map(({ file_name }) => file_name)).toEqual([
    "odd.zip/\ufffdgnp.dcm",
    "odd.zip/a\ufffd\ufffdb.dcm",
    "odd.zip/\ufffd[31mred.dcm",
    "odd.zip/<script>alert(1)</script>.dcm",
    "odd.zip/\ufffdx.dcm",
  ]);
  const client = await lab.box.client();
  const answer = await client.request("GET", `/upload/${status.upload_id}/status`);
  expect(answer.headers.get("content-type")).toStartWith("application/json");
  expect(await answer.text()).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
});

test("an answer to a broken request does not repeat what was sent, nor does the log", async () => {
  const client = await lab.box.client();
  const bodies = [
    { study_metadata: { patient_name: 7, [secret.garbage]: secret.notes }, total_files: 1, total_size_bytes: 1 },
    {
      study_metadata: studyMetadata,
      total_files: 1,
      total_size_bytes: 1,
      files: [{ file_id: "a", name: `../${secret.fileName}`, size_bytes: 1 }],
    },
  ];
  for (const body of bodies) {
    const answer = await client.request("POST", "/upload/init", { body });
    expect(answer.status).toBe(422);
    expect(hits(Buffer.from(await answer.text())).filter((text) => text !== secret.garbage)).toEqual([]);
  }
});

test("T15, T16: nothing lies outside the data folder, and in it only what lay there before", async () => {
  const client = await lab.box.client();
  for (const { upload_id } of ended)
    await until("its files to leave", async () => (await client.status(upload_id)).files_removed_at !== null);
  expect(evil()).toEqual(evilBefore);
  expect(readdirSync(join(lab.box.dataDir, "spool"))).toEqual([]);
  const known = (name: string) =>
    /^(relaypacs\.db(-wal|-shm)?|ballast|bin\/7zz-[0-9a-f]+|backups\/relaypacs-\w+\.backup)$/.test(name);
  expect(filesBelow(lab.box.dataDir).filter((name) => !filesBefore.includes(name) && !known(name))).toEqual([]);
});

test("P14: the log and every file but the database are free of patients from the end on", () => {
  expect(hits(Buffer.from([...lab.box.lines, ...lab.box.errors].join("\n")))).toEqual([]);
  expect(hitsIn(filesBelow(lab.box.dataDir).filter((name) => !name.startsWith("relaypacs.db")))).toEqual([]);
});

test("P13: after display_hours the database, its log and its free pages are as well", async () => {
  const client = await lab.box.client();
  for (const { upload_id } of ended)
    await until("its names to go", async () =>
      (await client.status(upload_id)).files.every(({ name }) => name === null),
    );
  for (const { upload_id } of ended)
    expect(hits(Buffer.from(JSON.stringify(await client.status(upload_id))))).toEqual([]);
  expect(hitsIn(filesBelow(lab.box.dataDir))).toEqual([]);
  const listed = await client.request("GET", "/uploads?limit=100");
  expect(hits(Buffer.from(await listed.text()))).toEqual([]);
});
