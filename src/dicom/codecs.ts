import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { FrameFault } from "./codestream.ts";

/** In the executable: build.ts stages the decoders there, packed by Zstandard. */
const EMBEDDED = join(import.meta.dir, "stage/codecs.wasm.zst");
/** In a source run. */
const PACKAGED = "dcmjs-codecs/build/dcmjs-native-codecs.wasm";

/** One frame as a decoder is told of it. */
export interface CodedFrame {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  /** Of a decoded sample: 8 or 16. */
  readonly bitsAllocated: number;
}

export type Decoder = "DecodeJpeg" | "DecodeJpegLs" | "DecodeJpeg2000";

type Call = (...args: number[]) => number;

/** The C interface of the decoders; WebAssembly keeps a damaged frame inside its own memory. */
export class Codecs {
  readonly #memory: WebAssembly.Memory;
  readonly #exports: WebAssembly.Exports;

  private constructor(exports: WebAssembly.Exports) {
    this.#exports = exports;
    this.#memory = exports.memory as WebAssembly.Memory;
  }

  /** 0.1 s and some 40 MB: once for a process. */
  static load(): Codecs {
    const module = new WebAssembly.Module(wasm());
    const thrown = () => {
      throw new FrameFault("The compressed image data is damaged.");
    };
    const imports: Record<string, Record<string, () => unknown>> = {};
    // Nothing of the surroundings is given to it: no file, no clock, no environment.
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      const ends = name === "onCodecsException" || name === "proc_exit";
      imports[from] = { ...imports[from], [name]: ends ? thrown : () => 0 };
    }
    const { exports } = new WebAssembly.Instance(module, imports);
    (exports._initialize as Call)();
    return new Codecs(exports);
  }

  /**
   * Decodes one frame; samples as the codestream orders them, little endian, without any conversion of colours.
   * @throws FrameFault; the decoders are then in no state to go on with
   */
  decode(decoder: Decoder, frame: CodedFrame): Uint8Array {
    const call = (name: string, ...args: number[]) => (this.#exports[name] as Call)(...args);
    try {
      const context = call("CreateCodecsContext");
      const parameters = call("CreateDecoderParameters");
      call("SetConvertColorspaceToRgb", parameters, 0);
      call("SetColumns", context, frame.columns);
      call("SetRows", context, frame.rows);
      call("SetBitsAllocated", context, frame.bitsAllocated);
      call("SetBitsStored", context, frame.bitsAllocated);
      call("SetSamplesPerPixel", context, frame.components);
      call("SetPixelRepresentation", context, 0);
      call("SetPlanarConfiguration", context, 0);
      call("SetEncodedBufferSize", context, frame.bytes.length);
      new Uint8Array(this.#memory.buffer).set(frame.bytes, call("GetEncodedBuffer", context));
      call(decoder, context, parameters);
      const from = call("GetDecodedBuffer", context);
      const decoded = new Uint8Array(this.#memory.buffer).slice(from, from + call("GetDecodedBufferSize", context));
      call("ReleaseDecoderParameters", parameters);
      call("ReleaseCodecsContext", context);
      return decoded;
    } catch (error) {
      if (error instanceof FrameFault) throw error;
      throw new FrameFault("The compressed image data cannot be opened here.", { cause: error });
    }
  }
}

const wasm = (): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    existsSync(EMBEDDED)
      ? Bun.zstdDecompressSync(readFileSync(EMBEDDED))
      : readFileSync(createRequire(import.meta.url).resolve(PACKAGED)),
  );
