import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { startFakePacs } from "../../src/fake-pacs/server.ts";
import { atRest, type SendFile, type Status } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { codesOf, type Desk, madeClasses, openDesk } from "./desk.ts";
import { openHashed, sendAsked } from "./hashed.ts";

setDefaultTimeout(30_000);
let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.stop());

let serial = 0;
function study(): SendFile & { uid: string } {
  serial += 1;
  const uid = `2.25.7640${serial}`;
  return { uid, name: `IM${serial}`, bytes: madeBytes({ study: uid, series: `${uid}.1`, sop: `${uid}.1.1` }) };
}
const notesOf = (uid: string, at = desk) =>
  at.arrived(uid).filter(({ sopClassUID }) => sopClassUID === madeClasses.textSR);
const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code: string }).code];
const stateOf = ({ studies }: Status, uid: string) => studies.find((it) => it.study_instance_uid === uid)?.state;
const notes = { clinical_notes: "Sturz von der Leiter" };

/** Two studies that go and one that holds the upload open. */
async function threeStudies() {
  const [one, two, waits] = [study(), study(), study()];
  const expected_studies = [one, two].map(({ uid }) => ({ study_instance_uid: uid }));
  const opened = await desk.send([one, two, waits], { study_metadata: notes, expected_studies });
  expect(codesOf(opened)).toEqual(["notes_not_assigned", "study_not_expected"]);
  return { one, two, waits, opened };
}

test("a study that waits for nobody is named while another one holds the upload open: its notes go, though it was delivered", async () => {
  const { one, two, waits, opened } = await threeStudies();
  const id = opened.upload_id;
  const delivered = async () => {
    const status = await desk.sender.status(id);
    return stateOf(status, one.uid) === "delivered" && stateOf(status, two.uid) === "delivered";
  };
  while (!(await delivered())) await Bun.sleep(5);
  const receipt = (await desk.sender.status(id)).pacs_receipt_id;

  // Nothing but notes, and notes that say something.
  for (const body of [{}, { clinical_notes: " " }, { ...notes, service_level: "stat" }, { ...notes, patient_id: "X" }])
    expect(await codeOf(await desk.ask(opened, one.uid, "confirm", body))).toEqual([409, "study_not_waiting"]);
  expect((await desk.ask(opened, one.uid, "confirm", { clinical_notes: "x".repeat(70_000) })).status).toBe(422);

  const answer = await desk.ask(opened, one.uid, "confirm", notes);
  const named = (await answer.json()) as Status;
  expect([answer.status, codesOf(named)]).toEqual([200, ["study_not_expected"]]);
  expect(await codeOf(await desk.ask(opened, two.uid, "confirm", notes))).toEqual([409, "study_not_waiting"]);
  const end = await desk.decide(opened, waits.uid, "confirm");
  const final = end.state === "delivered" ? end : await desk.sender.reach(id, new Set(["delivered"]));
  expect([final.state, final.warnings, final.pacs_receipt_id]).toEqual(["delivered", [], receipt]);
  expect([one, two, waits].map(({ uid }) => notesOf(uid).length)).toEqual([1, 0, 0]);
  expect(notesOf(one.uid)[0]?.bytes.includes(notes.clinical_notes)).toBe(true);
  const [delivery] = final.studies.find((it) => it.study_instance_uid === one.uid)?.deliveries ?? [];
  expect(delivery).toMatchObject({
    state: "delivered",
    delivered_instances: 2,
    total_instances: 2,
    receipt_id: receipt,
  });
  expect(JSON.stringify(await desk.sender.receipt(receipt ?? ""))).toContain(
    notesOf(one.uid)[0]?.sopInstanceUID ?? "-",
  );
});

test("after the upload's end it is closed, and that is said", async () => {
  const [one, two] = [study(), study()];
  const ended = await desk.send([one, two], { study_metadata: notes });
  expect([ended.state, codesOf(ended)]).toEqual(["delivered", ["notes_not_assigned"]]);
  expect(await codeOf(await desk.ask(ended, one.uid, "confirm", notes))).toEqual([409, "upload_closed"]);
  expect(notesOf(one.uid)).toEqual([]);
});

test("two calls at once name one study, not two", async () => {
  const { one, two, opened } = await threeStudies();
  const answers = await Promise.all([one, two].map(({ uid }) => desk.ask(opened, uid, "confirm", notes)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
});

test("a study of which everything was delivered before takes none, and that is said", async () => {
  const [old, fresh, waits] = [study(), study(), study()];
  await sendAsked(desk.sender, [old]);
  const init = {
    study_metadata: notes,
    expected_studies: [old, fresh].map(({ uid }) => ({ study_instance_uid: uid })),
  };
  const opened = await openHashed(desk.sender, [old, fresh, waits], init);
  for (const [index, { bytes }] of [fresh, waits].entries()) await desk.sender.chunk(opened, `f${index + 1}`, 0, bytes);
  await desk.sender.complete(opened);
  const status = await desk.sender.reach(opened.upload_id, atRest);
  expect(await codeOf(await desk.ask(status, old.uid, "confirm", notes))).toEqual([409, "notes_not_sent"]);
});

test("while the archive is down they join what waits for it", async () => {
  const first = await startFakePacs();
  const port = Number(new URL(first.url).port);
  const other = await openDesk(`[[destination]]\nid = "pacs"\nkind = "stow-rs"\nurl = "${first.dicomWebUrl}"`);
  await first.stop();
  const [one, two] = [study(), study()];
  const opened = await other.sender.upload([one, two], { study_metadata: notes });
  await other.sender.complete(opened);
  const status = await other.sender.reach(opened.upload_id, new Set(["forwarding"]));
  expect((await other.ask(status, two.uid, "confirm", notes)).status).toBe(200);
  const pacs = await startFakePacs({ port });
  try {
    await other.sender.reach(opened.upload_id, new Set(["delivered"]));
    const classes = [...pacs.held.values()].map(({ studyInstanceUID, sopClassUID }) => [studyInstanceUID, sopClassUID]);
    expect(classes.filter(([, sopClass]) => sopClass === madeClasses.textSR)).toEqual([[two.uid, madeClasses.textSR]]);
  } finally {
    await other.stop();
    await pacs.stop();
  }
});
