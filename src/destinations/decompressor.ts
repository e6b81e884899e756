import { join } from "node:path";
import {
  type DecompressReply,
  type DecompressRequest,
  decompressCommand,
  replyHeaderBytes,
  replyKind,
} from "../dicom/decompress-process.ts";
import type { OutgoingDataSet } from "../dimse/association.ts";
import type { OutgoingInstance } from "./destination.ts";
import { PieceReader } from "./piece-reader.ts";

/** The largest frame there is takes seconds; who takes longer was made to. */
const ANSWER_MS = 120_000;

/** This image cannot be decompressed; the words are for hospital IT and hold nothing out of the file. */
export class CannotDecompress extends Error {
  override readonly name = "CannotDecompress";
}

/** Decompresses in a process of its own, which is started by the first image and ended by `stop`. */
export class Decompressor {
  #child: Child | null = null;

  /** @param answerMs how long a frame may take */
  constructor(private readonly answerMs = ANSWER_MS) {}

  /**
   * The data set in Explicit VR Little Endian; one at a time, each read to its end or given up before the next is opened.
   * @throws CannotDecompress; `pieces` throws it too
   */
  async open(instance: OutgoingInstance): Promise<OutgoingDataSet> {
    this.#child ??= startChild();
    const child = this.#child;
    const { path, dataSetOffset, transferSyntaxUID } = instance;
    child.ask(JSON.stringify({ path, dataSetOffset, transferSyntaxUID } satisfies DecompressRequest));
    const { kind, bytes } = await this.#answer(child);
    if (kind !== replyKind.json) throw new CannotDecompress("The process that decompresses answers out of turn.");
    const said = JSON.parse(Buffer.from(bytes).toString()) as DecompressReply;
    if ("fault" in said) throw new CannotDecompress(said.fault);
    return { length: said.length, pieces: this.#pieces(child, said.length) };
  }

  stop(): void {
    this.#child?.stop();
    this.#child = null;
  }

  async *#pieces(child: Child, length: number): AsyncGenerator<Uint8Array> {
    let left = length;
    try {
      while (left > 0) {
        child.ask("");
        const { kind, bytes } = await this.#answer(child);
        if (kind === replyKind.json) {
          left = 0; // it takes the next request
          const said = JSON.parse(Buffer.from(bytes).toString()) as DecompressReply;
          throw new CannotDecompress("fault" in said ? said.fault : "The image has another length than was told.");
        }
        left -= bytes.length;
        yield bytes;
      }
    } finally {
      // Whoever leaves in the middle leaves answers behind that belong to nobody.
      if (left > 0) this.stop();
    }
  }

  async #answer(child: Child): Promise<{ kind: number; bytes: Uint8Array }> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.stop();
    }, this.answerMs);
    try {
      const answer = await readAnswer(child);
      if (answer !== null) return answer;
    } finally {
      clearTimeout(timer);
    }
    this.stop();
    throw new CannotDecompress(
      late
        ? "The compressed image takes too long to open."
        : "This box has too little memory to open an image of this size.",
    );
  }
}

/** Null where the process ended before it had answered. */
async function readAnswer({ reader }: Child): Promise<{ kind: number; bytes: Uint8Array } | null> {
  const head = Buffer.from(await reader.peek(replyHeaderBytes));
  if (head.length < replyHeaderBytes) return null;
  const length = head.readUInt32BE(0);
  await reader.skip(replyHeaderBytes);
  const bytes = new Uint8Array(await reader.peek(length));
  await reader.skip(length);
  return bytes.length === length ? { kind: head.readUInt8(4), bytes } : null;
}

interface Child {
  readonly reader: PieceReader;
  ask(line: string): void;
  stop(): void;
}

function startChild(): Child {
  const built = import.meta.path.startsWith("/$bunfs/");
  const self = built ? [process.execPath] : [process.execPath, join(import.meta.dir, "../main.ts")];
  const child = Bun.spawn([...self, decompressCommand], { env: {}, stdin: "pipe", stdout: "pipe", stderr: "ignore" });
  return {
    reader: new PieceReader(child.stdout),
    ask: (line) => {
      child.stdin.write(`${line}\n`);
      child.stdin.flush();
    },
    stop: () => child.kill("SIGKILL"),
  };
}
