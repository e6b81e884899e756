import { createCipheriv, createDecipheriv, randomBytes, scrypt } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";

/**
 * A file under a passphrase: a line of JSON, then chunks of AES-256-GCM. Each chunk's nonce holds its place and whether it is the
 * last one (the STREAM construction), so that none can be moved, left out or cut off.
 */
const magic = "RELAYPACS-BACKUP/1 ";
const chunkBytes = 65_536;
const tagBytes = 16;
/** 128 MiB and a quarter of a second for each guess. */
const cost = { N: 131_072, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };

/** The passphrase is another one, or the file was changed or cut. */
export class SealError extends Error {
  override readonly name = "SealError";
}

/** Whether a file is under a passphrase. */
export async function isSealed(path: string): Promise<boolean> {
  return (await Bun.file(path).slice(0, magic.length).text()) === magic;
}

/** Writes `from` under a passphrase to `to`, 0600, on stable storage when it resolves. @param to must not exist */
export async function sealFile(from: string, to: string, passphrase: string): Promise<void> {
  const [salt, prefix] = [randomBytes(16), randomBytes(7)];
  const head = Buffer.from(
    `${magic}${JSON.stringify({ salt: salt.toString("hex"), prefix: prefix.toString("hex") })}\n`,
  );
  const key = await keyOf(passphrase, salt);
  await throughFiles(
    from,
    to,
    0,
    async (chunk, write, index, last) => {
      if (index === 0) await write(head);
      const cipher = createCipheriv("aes-256-gcm", key, nonce(prefix, index, last));
      await write(Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]));
    },
    chunkBytes,
  );
}

/** The other way. @throws SealError; what was written until then is no more than a part */
export async function unsealFile(from: string, to: string, passphrase: string): Promise<void> {
  const head = (await Bun.file(from).slice(0, 1024).text()).split("\n", 1)[0] ?? "";
  const { salt, prefix } = JSON.parse(head.slice(magic.length)) as { salt: string; prefix: string };
  const key = await keyOf(passphrase, Buffer.from(salt, "hex"));
  await throughFiles(
    from,
    to,
    head.length + 1,
    async (chunk, write, index, last) => {
      const decipher = createDecipheriv("aes-256-gcm", key, nonce(Buffer.from(prefix, "hex"), index, last));
      decipher.setAuthTag(chunk.subarray(Math.max(0, chunk.length - tagBytes)));
      const plain = decipher.update(chunk.subarray(0, -tagBytes));
      try {
        decipher.final();
      } catch {
        throw new SealError(
          index === 0
            ? "The passphrase is not the one it was made with, or the file was changed."
            : "The file was changed or cut off.",
        );
      }
      await write(plain);
    },
    chunkBytes + tagBytes,
  );
}

const keyOf = (passphrase: string, salt: Uint8Array) =>
  new Promise<Buffer>((resolve, reject) => {
    scrypt(passphrase.normalize("NFC"), salt, 32, cost, (error, key) => (error ? reject(error) : resolve(key)));
  });

function nonce(prefix: Uint8Array, index: number, last: boolean): Buffer {
  const place = Buffer.alloc(5);
  place.writeUInt32BE(index);
  place.writeUInt8(last ? 1 : 0, 4);
  return Buffer.concat([prefix, place]);
}

type Step = (chunk: Buffer, write: (bytes: Uint8Array) => Promise<void>, index: number, last: boolean) => Promise<void>;

/** Chunk by chunk from one file to another. */
async function throughFiles(from: string, to: string, start: number, step: Step, size: number): Promise<void> {
  await using source = await open(from, "r");
  await using target = await open(to, "wx", 0o600);
  const write = async (bytes: Uint8Array) => {
    for (let done = 0; done < bytes.length; )
      done += (await target.write(bytes, done, bytes.length - done)).bytesWritten;
  };
  const end = (await source.stat()).size;
  let index = 0;
  for (let at = start; at < end || index === 0; at += size) {
    await step(await readAt(source, at, Math.min(size, end - at)), write, index, at + size >= end);
    index += 1;
  }
  await target.sync();
}

async function readAt(source: FileHandle, at: number, length: number): Promise<Buffer> {
  const chunk = Buffer.alloc(Math.max(0, length));
  for (let got = 0; got < chunk.length; ) {
    const { bytesRead } = await source.read(chunk, got, chunk.length - got, at + got);
    if (bytesRead === 0) throw new SealError("The file was cut off.");
    got += bytesRead;
  }
  return chunk;
}
