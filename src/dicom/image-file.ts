import type { FileHandle } from "node:fs/promises";
import { catalogueOf } from "../contract/errors.ts";
import { RelayError } from "../core/errors.ts";

/** The bytes of a file from `offset` on, at most `length`; fewer where the file ends. */
export async function pieceOf(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/** Why a picture does not become DICOM. */
type ImageFault = "image_corrupt" | "image_truncated" | "image_kind_unsupported" | "image_too_large";
/** The message says what is wrong, not what to do, and holds nothing out of the file but its size. */
export const imageFault = (code: ImageFault, message: string = catalogueOf(code).cause): RelayError =>
  new RelayError(code, message);

export const corruptImage = (what: string): RelayError =>
  imageFault("image_corrupt", `The picture is damaged: ${what}.`);
export const cutShortImage = (): RelayError =>
  imageFault("image_truncated", "The file ends before the picture does: it was cut short.");
