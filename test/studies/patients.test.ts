import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { makeZip } from "../../src/intake/make-zip.fixture.ts";
import { fileOf, type SendFile } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";
import { sharedData } from "../support/shared-data.ts";
import { tarOf } from "../support/tar.ts";
import { codesOf, type Desk, openDesk } from "./desk.ts";

setDefaultTimeout(30_000);
let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.stop());

interface Case {
  readonly what: string;
  readonly file: SendFile;
  /** Study Instance UID, patient ID and instances of the first patient and the second. */
  readonly studies: readonly [MadeStudy, MadeStudy];
}
interface MadeStudy {
  readonly uid: string;
  readonly patientID: string;
  readonly instances: number;
}

function madeCase(what: string, root: string, pack: (files: SendFile[]) => SendFile): Case {
  const of = (uid: string, patientID: string): SendFile[] =>
    [1, 2].map((n) => {
      const bytes = Buffer.from(madeBytes({ study: uid, series: `${uid}.1`, sop: `${uid}.1.${n}` }));
      bytes.write(patientID, bytes.indexOf("MADE"), "latin1");
      return { name: `${patientID}/IM${n}`, bytes };
    });
  const [first, second] = [`${root}.1`, `${root}.2`];
  return {
    what,
    file: pack([...of(first, "PAT1"), ...of(second, "PAT2")]),
    studies: [
      { uid: first, patientID: "PAT1", instances: 2 },
      { uid: second, patientID: "PAT2", instances: 2 },
    ],
  };
}

const cases: Case[] = [
  madeCase("a made ZIP", "2.25.71001", (files) => ({
    name: "two.zip",
    bytes: makeZip(files.map(({ name, bytes }) => ({ name, data: bytes }))),
  })),
  madeCase("a made tar", "2.25.71002", (files) => ({ name: "two.tar", bytes: tarOf(files) })),
];
if (sharedData !== null)
  cases.push({
    what: "two-patients.zip",
    file: fileOf(join(sharedData, "archives/zip/two-patients.zip")),
    studies: [
      { uid: "1.3.12.2.1107.5.2.19.45160.30000018091720502193200000007", patientID: "DEV", instances: 2 },
      { uid: "1.3.6.1.4.1.5962.1.1.0.0.0.1196533885.18148.0.1", patientID: "98890234", instances: 2 },
    ],
  });

describe("two patients in one archive", () => {
  for (const { what, file, studies } of cases) {
    const [first, second] = studies;
    const reached = () => studies.map(({ uid }) => desk.arrived(uid).length);
    const expected = (...patients: [MadeStudy, string][]) =>
      patients.map(([{ uid }, patientID]) => ({ study_instance_uid: uid, patient_id: patientID }));

    test(`${what}: what a person did not confirm waits, the other goes, and each decision moves its own study`, async () => {
      const waiting = await desk.send([file], { expected_studies: expected([first, first.patientID]) });
      expect(waiting.state).toBe("needs_confirmation");
      expect(codesOf(waiting)).toEqual(["several_patients", "study_not_expected"]);
      await desk.sender.reach(waiting.upload_id, new Set(["needs_confirmation"]));
      const rejected = await desk.decide(waiting, second.uid, "reject");
      expect(rejected.state).toBe("partial");
      expect(codesOf(rejected)).toEqual(["several_patients"]);
      expect(reached()).toEqual([first.instances, 0]);
    });

    test(`${what}: both confirmed before, one under the other's patient ID: that one waits`, async () => {
      const init = { expected_studies: expected([first, first.patientID], [second, first.patientID]) };
      const waiting = await desk.send([file], { ...init, resend: { reason: "test" } });
      expect(codesOf(waiting)).toEqual(["patient_differs", "several_patients"]);
      expect(waiting.studies.find(({ study_instance_uid: uid }) => uid === second.uid)?.state).toBe(
        "needs_confirmation",
      );
      expect((await desk.decide(waiting, second.uid, "confirm")).state).toBe("delivered");
      expect(reached()).toEqual([first.instances, second.instances]);
    });

    test(`${what}: with nothing to compare with, both go as studies of their own, and it is told`, async () => {
      const status = await desk.send([file], { resend: { reason: "test" } });
      expect(status).toMatchObject({ state: "delivered", error: null });
      expect(codesOf(status)).toEqual(["several_patients"]);
      const told = status.studies.map((one) => [one.study_instance_uid, one.patient_id, one.instance_count]);
      expect(told.sort()).toEqual(
        studies.map(({ uid, patientID, instances }) => [uid, patientID, instances]).sort() as typeof told,
      );
      expect(reached()).toEqual([first.instances, second.instances]);
    });
  }

  test("two that nobody expected are told in one line", async () => {
    const { file, studies } = madeCase("again", "2.25.71009", (files) => ({ name: "two.tar", bytes: tarOf(files) }));
    const waiting = await desk.send([file], { expected_studies: [] });
    expect(codesOf(waiting)).toEqual(["several_patients", "study_not_expected"]);
    const one = await desk.decide(waiting, studies[0].uid, "confirm");
    expect(codesOf(one)).toContain("study_not_expected");
    const none = await desk.decide(waiting, studies[1].uid, "reject");
    expect(codesOf(none)).toEqual(["several_patients"]);
  });
});

/** What the device could not look into; a RAR where there is one. */
const unseen: { file: SendFile; study: MadeStudy } =
  sharedData === null
    ? {
        file: { name: "disc.tar", bytes: tarOf([{ name: "IM1", bytes: madeBytes({ study: "2.25.71020" }) }]) },
        study: { uid: "2.25.71020", patientID: "MADE", instances: 1 },
      }
    : {
        file: fileOf(join(sharedData, "archives/rar/rar5-study.rar")),
        study: {
          uid: "1.3.12.2.1107.5.2.19.45160.30000018091720502193200000007",
          patientID: "DEV",
          instances: 8,
        },
      };

describe("an archive of which only the patient was confirmed", () => {
  const { file, study } = unseen;
  const send = (patientID: string) =>
    desk.send([file], {
      expected_studies: [{ study_instance_uid: "", patient_id: patientID }],
      resend: { reason: "test" },
    });
  const before = () => desk.arrived(study.uid).length;

  test("of another patient: it waits with both names to compare, and refused it is failed", async () => {
    const there = before();
    const waiting = await send("SOMEBODY-ELSE");
    expect(waiting).toMatchObject({
      state: "needs_confirmation",
      studies: [{ patient_id: study.patientID, instance_count: study.instances, deliveries: [] }],
    });
    expect(codesOf(waiting)).toEqual(["patient_differs"]);
    const end = await desk.decide(waiting, study.uid, "reject");
    expect(end).toMatchObject({ state: "failed", error: { code: "study_rejected" }, warnings: [] });
    expect(before()).toBe(there);
  });

  test("confirmed it is delivered, and the question is gone", async () => {
    const waiting = await send("SOMEBODY-ELSE");
    const end = await desk.decide(waiting, study.uid, "confirm");
    expect(end).toMatchObject({ state: "delivered", warnings: [], studies: [{ instance_count: study.instances }] });
    expect(before()).toBe(study.instances);
  });

  test("of that patient: it goes without a question", async () => {
    expect((await send(study.patientID)).state).toBe("delivered");
  });
});
