import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Box, startBox } from "../support/box.ts";
import { atRest, type Client, type SendFile } from "../support/client.ts";
import { madeBytes } from "../support/made-instance.ts";

let box: Box;
let sender: Client;
beforeAll(async () => {
  box = await startBox(`[[destination]]\nid = "folder"\nkind = "folder"\npath = "received"`);
  sender = await box.client();
});
afterAll(() => box.stop());

let serial = 0;
/** A study of its own, of the patient that `madeBytes` names (ID MADE). */
function study(instances = 1): { uid: string; files: SendFile[] } {
  serial += 1;
  const uid = `2.25.4400${serial}`;
  const files = Array.from({ length: instances }, (_, index) => ({
    name: `${uid}-${index}.dcm`,
    bytes: madeBytes({ study: uid, series: `${uid}.1`, sop: `${uid}.1.${index}` }),
  }));
  return { uid, files };
}
const expected = (uid: string, patientID = "MADE") => ({ study_instance_uid: uid, patient_id: patientID });
const post = (uploadId: string, uid: string, what: string, body: unknown, client = sender) =>
  client.request("POST", `/upload/${uploadId}/studies/${uid}/${what}`, { body });
const received = (uid: string): number => {
  try {
    return readdirSync(join(box.dataDir, "received", uid), { recursive: true }).filter((name) =>
      String(name).endsWith(".dcm"),
    ).length;
  } catch {
    return 0;
  }
};

describe("what a person confirmed before sending", () => {
  test("goes without a question", async () => {
    const { uid, files } = study();
    expect((await sender.send(files, { expected_studies: [expected(uid)] })).state).toBe("delivered");
  });

  test("another patient than confirmed waits, and nothing of it reaches the archive until a person says so", async () => {
    const { uid, files } = study(2);
    const status = await sender.send(files, { expected_studies: [expected(uid, "SOMEBODY-ELSE")] });
    expect(status).toMatchObject({
      state: "needs_confirmation",
      studies: [{ state: "needs_confirmation", deliveries: [] }],
    });
    expect(status.warnings.map(({ code }) => code)).toContain("patient_differs");
    expect(received(uid)).toBe(0);
    const answer = await post(status.upload_id, uid, "confirm", {});
    expect(answer.status).toBe(200);
    expect((await sender.reach(status.upload_id, atRest)).state).toBe("delivered");
    expect(received(uid)).toBe(2);
  });

  test("a study that nobody expected waits beside one that goes", async () => {
    const [known, other] = [study(), study()];
    const status = await sender.send([...known.files, ...other.files], { expected_studies: [expected(known.uid)] });
    expect(status.state).toBe("needs_confirmation");
    const states = Object.fromEntries(status.studies.map((one) => [one.study_instance_uid, one.state]));
    expect(states[other.uid]).toBe("needs_confirmation");
    const rejected = await post(status.upload_id, other.uid, "reject", { reason: "wrong disc" });
    expect(rejected.status).toBe(200);
    const end = await sender.reach(status.upload_id, atRest);
    expect(end.state).toBe("partial");
    expect([received(known.uid), received(other.uid)]).toEqual([1, 0]);
    expect(end.studies.find((one) => one.study_instance_uid === other.uid)?.state).toBe("rejected");
  });

  test("everything rejected: failed, with words", async () => {
    const { uid, files } = study();
    const status = await sender.send(files, { expected_studies: [] });
    await post(status.upload_id, uid, "reject", { reason: "not ours" });
    expect(await sender.reach(status.upload_id, atRest)).toMatchObject({
      state: "failed",
      error: { code: "study_rejected" },
    });
  });

  test("without expectations nothing waits; several patients are told", async () => {
    const { files } = study();
    const status = await sender.send([...files, { name: "other.dcm", bytes: otherPatient() }]);
    expect(status.state).toBe("delivered");
    expect(status.warnings.map(({ code }) => code)).toContain("several_patients");
  });
});

/** The same kind of image, of a patient with an ID of the same length. */
function otherPatient(): Uint8Array {
  const bytes = Buffer.from(madeBytes({ study: "2.25.4499", sop: "2.25.4499.1" }));
  bytes.write("OTHR", bytes.indexOf("MADE"), "latin1");
  return bytes;
}

describe("the routes of a person's decision", () => {
  test("urgent and with notes, where the person says so", async () => {
    const { uid, files } = study();
    const status = await sender.send(files, { expected_studies: [] });
    await post(status.upload_id, uid, "confirm", { service_level: "stat", clinical_notes: "Fall from a ladder" });
    const end = await sender.reach(status.upload_id, atRest);
    expect(end).toMatchObject({ state: "delivered", studies: [{ service_level: "stat", instance_count: 1 }] });
    expect(end.studies[0]?.deliveries[0]).toMatchObject({ delivered_instances: 2, total_instances: 2 });
    expect(received(uid)).toBe(2);
  });

  test("confirming twice, an unknown study, a study that does not wait, bad bodies, another's upload", async () => {
    const { uid, files } = study();
    const { upload_id: id } = await sender.send(files, { expected_studies: [] });
    const codeOf = async (answer: Promise<Response>) => {
      const { status, ...rest } = await answer;
      return [status, ((await (await answer).json()) as { code?: string }).code ?? rest];
    };
    expect(await codeOf(post(id, "1.2.3", "confirm", {}))).toEqual([404, "not_found"]);
    expect(await codeOf(post(id, uid, "confirm", { nonsense: 1 }))).toEqual([422, "invalid_request"]);
    expect(await codeOf(post(id, uid, "reject", {}))).toEqual([422, "invalid_request"]);
    expect(await codeOf(post(id, uid, "confirm", {}, await box.client("clinician")))).toEqual([404, "not_found"]);
    expect(await codeOf(post(id, uid, "confirm", {}, await box.client("radiologist")))).toEqual([403, "forbidden"]);
    const both = await Promise.all([post(id, uid, "confirm", {}), post(id, uid, "confirm", {})]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    // What the second call had made is gone again; what the first made goes with the delivery.
    const made = () => [...new Bun.Glob(`spool/${id}/made/*`).scanSync({ cwd: box.dataDir, onlyFiles: false })].length;
    expect(made()).toBeLessThanOrEqual(1);
    expect((await sender.reach(id, atRest)).state).toBe("delivered");
    expect(await codeOf(post(id, uid, "confirm", {}))).toEqual([409, "study_not_waiting"]);
    expect(received(uid)).toBe(1);
  });

  test("a waiting upload can be cancelled, and survives a restart", async () => {
    const [one, two] = [study(), study()];
    const first = await sender.send(one.files, { expected_studies: [] });
    const second = await sender.send(two.files, { expected_studies: [] });
    expect((await sender.request("DELETE", `/upload/${first.upload_id}`)).status).toBe(204);
    expect((await sender.status(first.upload_id)).state).toBe("cancelled");
    await box.kill();
    await box.start();
    expect((await sender.status(second.upload_id)).state).toBe("needs_confirmation");
    await post(second.upload_id, two.uid, "confirm", {});
    expect((await sender.reach(second.upload_id, atRest)).state).toBe("delivered");
  });
});
