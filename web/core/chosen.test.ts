import { expect, test } from "bun:test";
import { chosenFrom, dropped, picked } from "./chosen.ts";

const base = { filesystem: null, getParent: () => {} };
const file = (fullPath: string, opens = true) => ({
  ...base,
  isFile: true,
  isDirectory: false,
  fullPath,
  file: (resolve: (file: File) => void, reject: (error: Error) => void) =>
    opens ? resolve(new File(["x"], fullPath)) : reject(new Error("gone")),
});
/** As Chromium does: at most 100 entries an answer, an empty one at the end. */
const folder = (fullPath: string, children: readonly object[], breaksAt = Number.POSITIVE_INFINITY) => ({
  ...base,
  isFile: false,
  isDirectory: true,
  fullPath,
  createReader: () => {
    let at = 0;
    return {
      readEntries: (resolve: (entries: readonly object[]) => void, reject: (error: Error) => void) => {
        if (at >= breaksAt) return reject(new Error("a scratch"));
        const some = children.slice(at, at + 100);
        at += some.length;
        resolve(some);
      },
    };
  },
});
const drop = (...entries: readonly object[]) =>
  dropped({ items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })), files: [] } as unknown as DataTransfer);

test("a folder is read to its last entry, however many answers that takes", async () => {
  const images = Array.from({ length: 250 }, (_, n) => file(`/CD/DICOM/IM${n}`));
  const files = await drop(folder("/CD", [folder("/CD/DICOM", images), file("/CD/DICOMDIR")]), file("/one.dcm"));
  expect(files).toHaveLength(252);
  expect(files[249]?.name).toBe("CD/DICOM/IM249");
  expect(files.some(({ unreadable }) => unreadable)).toBe(false);
});

test("what cannot be opened is named, and nothing behind it is lost", async () => {
  const files = await drop(
    folder("/CD", [
      file("/CD/IM1"),
      file("/CD/IM2", false),
      file("/CD/IM3"),
      folder("/CD/BAD", [], 0),
      file("/CD/IM4"),
    ]),
  );
  expect(files.filter(({ unreadable }) => !unreadable).map(({ name }) => name)).toEqual(["CD/IM1", "CD/IM3", "CD/IM4"]);
  expect(files.filter(({ unreadable }) => unreadable).map(({ name }) => name)).toEqual(["CD/IM2", "CD/BAD"]);
});

/** A file whose size takes a browser a while to find out. */
function slowFile(name: string): File {
  const file = new File(["abc"], name);
  Object.defineProperty(file, "size", {
    get: () => {
      for (const end = performance.now() + 20; performance.now() < end; );
      return 3;
    },
  });
  return file;
}

test("many files do not hold the page: others have their turn between them", async () => {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 0);
  const chosen = await chosenFrom(Array.from({ length: 5 }, (_, index) => slowFile(`IM${index}`)));
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
  expect(chosen.map(({ name, size }) => [name, size])).toEqual([0, 1, 2, 3, 4].map((index) => [`IM${index}`, 3]));
});

test("a picker is emptied when its files are read, not before, so that the same ones can be chosen again", async () => {
  const files = [slowFile("a"), slowFile("b"), slowFile("c")];
  const input = {
    files: files as unknown as FileList,
    set value(_: string) {
      files.length = 0;
    },
  };
  const chosen = await picked(input as HTMLInputElement);
  expect(chosen.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  expect(files).toHaveLength(0);
});

test("what was picked meanwhile stays in the picker", async () => {
  const later = [new File([], "later")];
  const input = { files: [slowFile("a"), slowFile("b")] as unknown as FileList, value: "later" };
  const taken = picked(input as HTMLInputElement);
  input.files = later as unknown as FileList;
  expect((await taken).map(({ name }) => name)).toEqual(["a", "b"]);
  expect(input.value).toBe("later");
});

test("of thousands of files none is asked for its size before the browser has read one, though it be gone", async () => {
  const asked: string[] = [];
  const files = Array.from({ length: 501 }, (_, index) => {
    const file = new File([], `IM${index}`);
    const stream = () =>
      new ReadableStream({
        pull(controller) {
          asked.push("read");
          controller.error(new Error("gone"));
        },
      });
    const size = () => asked.push("size") && 0;
    return Object.defineProperties(file, { stream: { value: stream }, size: { get: size } });
  });
  const input = { files: files as unknown as FileList, value: "" };
  expect(await picked(input as HTMLInputElement)).toHaveLength(501);
  expect(asked.slice(0, 2)).toEqual(["read", "size"]);
});
