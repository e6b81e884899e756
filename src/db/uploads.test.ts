import { afterAll, expect, test } from "bun:test";
import { openTestBox } from "../forward/test-box.ts";
import { addReceived } from "./received.ts";
import {
  deleteFile,
  deleteUnknownFile,
  filesOf,
  fileTotals,
  forgetReceived,
  insertFiles,
  needAgain,
  setSize,
  type UploadFileRow,
} from "./uploads.ts";

const box = openTestBox();
afterAll(() => box.close());

test("the sums in an upload's row are those of its files, whatever becomes of these", () => {
  const { orm, sqlite } = box.db;
  const id = box.upload("receiving");
  const summed = () =>
    sqlite
      .query(
        "SELECT count(*) AS files, coalesce(sum(size_bytes), 0) AS declared, coalesce(sum(received_bytes), 0) AS received " +
          "FROM upload_file WHERE upload_id = ?",
      )
      .get(id) as ReturnType<typeof fileTotals>;
  const file = (fileId: string) => filesOf(orm, id).find((row) => row.fileId === fileId) as UploadFileRow;
  const steps: (() => void)[] = [
    () => insertFiles(orm, id, []),
    () =>
      insertFiles(orm, id, [
        { fileId: "sized", sizeBytes: 100, state: "needed" },
        { fileId: "known", sizeBytes: 50, receivedBytes: 50, state: "already_delivered" },
        { fileId: "open", state: "needed" },
        { fileId: "said", state: "needed" },
        { fileId: "never", state: "needed" },
        { fileId: "unreal", state: "needed" },
      ]),
    () => addReceived(orm, file("sized"), { bytes: 40, name: null, size: 100, now: 1 }),
    () => addReceived(orm, file("open"), { bytes: 30, name: "x", size: null, now: 2 }),
    () => addReceived(orm, file("said"), { bytes: 20, name: null, size: 25, now: 3 }),
    () => addReceived(orm, file("said"), { bytes: 5, name: null, size: 25, now: 4 }),
    () => expect(deleteUnknownFile(orm, file("never").id)).toBe(true),
    () => expect(deleteUnknownFile(orm, file("open").id)).toBe(false),
    () => deleteFile(orm, file("unreal")),
    () => setSize(orm, file("open"), 30),
    () => forgetReceived(orm, file("sized")),
    () => needAgain(orm, file("known")),
    () => deleteFile(orm, file("said")),
  ];
  for (const step of steps) {
    step();
    expect(fileTotals(orm, id)).toEqual(summed());
  }
  expect(fileTotals(orm, id)).toEqual({ files: 3, declared: 180, received: 30 });
  expect(box.uploadRow(id).lastTrafficAt).toBe(4);
});
