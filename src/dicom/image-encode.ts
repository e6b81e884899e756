import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RelayError } from "../core/errors.ts";
import { corruptImage, imageFault } from "./image-file.ts";
import { maxImagePixels } from "./image-header.ts";
import type { JpegHeader } from "./image-jpeg-header.ts";
import { maxJpegBytes } from "./image-jpeg-stream.ts";

/** Visually lossless; a picture comes out at about the size it had. */
const quality = 95;
/** An opened picture takes about 7 bytes a pixel: larger ones are opened in a process of their own. */
const pixelsHere = 2_000_000;
/** How that process says that the picture cannot be opened. */
const cannotBeRead = 3;

/** Who stops the box by these stops that process too (Ctrl-C, a unit's stop): that says nothing of the picture. */
const stopped: ReadonlySet<unknown> = new Set(["SIGTERM", "SIGINT", "SIGHUP"]);

/** As src/main.ts knows it. */
const encodePictureCommand = "encode-picture";

export const rareEncoding = (): RelayError =>
  imageFault("image_kind_unsupported", "This JPEG is encoded in a rare way.");

/** Larger pictures one at a time, over the whole box. */
let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * A JPEG upright, baseline and YCbCr.
 * @param path the file; `bytes` the picture in it
 * @throws RelayError image_corrupt, image_kind_unsupported; image_too_large where the box has not the memory for it;
 *   Error where the other process was stopped
 */
export async function encodeAnew(path: string, bytes: Buffer, header: JpegHeader): Promise<Buffer> {
  if (header.width * header.height > pixelsHere) {
    const turn = lastTurn.then(() => encodeElsewhere(path, header));
    lastTurn = turn.catch(() => undefined);
    return await turn;
  }
  try {
    return await encoded(bytes);
  } catch {
    throw unreadable(header);
  }
}

const encoded = (bytes: Uint8Array): Promise<Buffer> =>
  new Bun.Image(bytes, { maxPixels: maxImagePixels }).jpeg({ quality }).buffer();

const unreadable = ({ process }: JpegHeader): RelayError =>
  process === "arithmetic" ? rareEncoding() : corruptImage("its data cannot be read");

/** What it takes goes back to the system with that process, and a lack of memory ends it and not the box. */
async function encodeElsewhere(path: string, header: JpegHeader): Promise<Buffer> {
  const built = import.meta.path.startsWith("/$bunfs/");
  const self = built ? [process.execPath] : [process.execPath, join(import.meta.dir, "../main.ts")];
  const argv = [...self, encodePictureCommand, path];
  const child = Bun.spawn(argv, { env: {}, stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  const [bytes, code] = await Promise.all([new Response(child.stdout).arrayBuffer(), child.exited]);
  if (code === 0) return Buffer.from(bytes);
  if (code === cannotBeRead) throw unreadable(header);
  if (stopped.has(child.signalCode)) throw new Error("the process that encodes a picture was stopped");
  throw imageFault("image_too_large", "This box has too little memory to open a picture of this size.");
}

/** The other process: encodes the picture in a file anew, to standard output. @returns its exit code */
export async function encodePicture(path: string): Promise<number> {
  try {
    // Where memory runs out the kernel ends this process first (proc(5)).
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {
    // It is no Linux, or not allowed: the picture is encoded all the same.
  }
  const bytes = await Bun.file(path).slice(0, maxJpegBytes).bytes();
  const jpeg = await encoded(bytes).catch(() => null);
  if (jpeg === null) return cannotBeRead;
  await Bun.write(Bun.stdout, jpeg);
  return 0;
}
