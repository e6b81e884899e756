const blockBytes = 524_288;
/** Blocks that are kept: readers go through a file side by side, never far apart. */
const mostBlocks = 8;

/** Reads small pieces of a file that lie near each other in few large reads: each read is a question to another process. */
export class BlockReader {
  private readonly blocks = new Map<number, Promise<Uint8Array<ArrayBuffer>>>();
  constructor(private readonly file: Blob) {}

  /**
   * @param near whether what is read next lies close behind, so that a whole block is worth its time
   * @returns fewer bytes where the file ends
   * @throws DOMException where it is gone
   */
  async read(offset: number, length: number, near: boolean): Promise<Uint8Array<ArrayBuffer>> {
    if (!near) return new Uint8Array(await this.file.slice(offset, offset + length).arrayBuffer());
    const end = Math.min(offset + length, this.file.size);
    const first = Math.floor(offset / blockBytes);
    const from = offset - first * blockBytes;
    const block = await this.block(first);
    if (from + (end - offset) <= block.length) return block.subarray(from, from + Math.max(0, end - offset));
    return new Uint8Array(await this.file.slice(offset, end).arrayBuffer()); // over the edge of a block
  }

  private block(number: number): Promise<Uint8Array<ArrayBuffer>> {
    const known = this.blocks.get(number);
    if (known) return known;
    const start = number * blockBytes;
    const bytes = this.file
      .slice(start, start + blockBytes)
      .arrayBuffer()
      .then((buffer) => new Uint8Array(buffer));
    this.blocks.set(number, bytes);
    for (const oldest of this.blocks.keys()) {
      if (this.blocks.size <= mostBlocks) break;
      this.blocks.delete(oldest);
    }
    return bytes;
  }
}
