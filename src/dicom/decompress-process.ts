import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { inPieces } from "../core/pieces.ts";
import { withFile } from "./byte-reader.ts";
import { Codecs } from "./codecs.ts";
import { FrameFault } from "./codestream.ts";
import { decompressed } from "./decompress.ts";
import { Malformed } from "./element.ts";

/** The command under which src/main.ts starts this process. */
export const decompressCommand = "decompress-pixels";

/** One line on its standard input; an empty line asks for the next piece of what was opened. */
export interface DecompressRequest {
  readonly path: string;
  readonly dataSetOffset: number;
  readonly transferSyntaxUID: string;
}

/** The answer to a request, and to a piece that cannot be made. */
export type DecompressReply = { readonly length: number } | { readonly fault: string };

/** Before each answer on its standard output: its length as 32 bits, and what it is. */
export const replyHeaderBytes = 5;
export const replyKind = { json: 0, piece: 1 } as const;

/** Even, as DIMSE fragments are (PS3.8 E.2); only the last may be shorter. */
const pieceBytes = 512 * 1024;

/**
 * The other process: decompresses files, one after the other, piece by piece as it is asked. What a damaged image does to
 * the decoders, or to the memory, ends here and not in the box.
 * @returns its exit code
 */
export async function decompressProcess(): Promise<number> {
  try {
    // Where memory runs out the kernel ends this process first (proc(5)).
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {
    // It is no Linux, or not allowed: it works all the same.
  }
  let codecs: Codecs | null = null;
  const loaded = () => (codecs ??= Codecs.load());
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    if (line.value === "") continue;
    const { path, dataSetOffset, transferSyntaxUID } = JSON.parse(line.value) as DecompressRequest;
    try {
      await withFile(path, async (file) => {
        const { length, pieces } = await decompressed(file, dataSetOffset, transferSyntaxUID, loaded);
        const even = inPieces(pieces(), pieceBytes);
        // Made before the length is told: most of what cannot be opened shows at the first frame.
        let piece = await even.next();
        await reply({ length });
        while (!piece.done) {
          if ((await lines.next()).done) return;
          await write(replyKind.piece, piece.value);
          piece = await even.next();
        }
      });
    } catch (error) {
      codecs = null; // a decoder that failed is in no state to go on
      await reply({ fault: wordsOf(error) });
    }
  }
  return 0;
}

const wordsOf = (error: unknown): string =>
  error instanceof FrameFault || error instanceof Malformed
    ? error.message
    : "The file cannot be read, or is too large for this box to open.";

const reply = (value: DecompressReply): Promise<void> => write(replyKind.json, Buffer.from(JSON.stringify(value)));

async function write(kind: number, bytes: Uint8Array): Promise<void> {
  const head = Buffer.alloc(replyHeaderBytes);
  head.writeUInt32BE(bytes.length);
  head[4] = kind;
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(Buffer.concat([head, bytes]), (error) => (error ? reject(error) : resolve()));
  });
}
