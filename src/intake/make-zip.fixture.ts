import { crc32, deflateRawSync } from "node:zlib";

/** One member of a ZIP made for a test; what is given replaces what would be true. */
export interface MadeMember {
  readonly name: string | Uint8Array;
  readonly data?: Uint8Array | string;
  readonly stored?: boolean;
  readonly method?: number;
  readonly flags?: number;
  readonly localName?: string;
  readonly unixMode?: number;
  readonly crc32?: number;
  readonly compressedSize?: number;
  readonly size?: number;
  readonly offset?: number;
  readonly disk?: number;
}

/** Writes a ZIP byte by byte (APPNOTE.TXT 4.3), so that every field can lie. */
export function makeZip(members: readonly MadeMember[], options: { comment?: Buffer; records?: number } = {}): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const member of members) {
    const data = Buffer.from(member.data ?? "");
    const name = Buffer.from(member.name);
    const localName = Buffer.from(member.localName ?? name);
    const packed = member.stored ? data : deflateRawSync(data);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(member.flags ?? 0, 2);
    common.writeUInt16LE(member.method ?? (member.stored ? 0 : 8), 4);
    common.writeUInt32LE(member.crc32 ?? crc32(data), 10);
    common.writeUInt32LE(member.compressedSize ?? packed.length, 14);
    common.writeUInt32LE(member.size ?? data.length, 18);
    const head = Buffer.concat([Buffer.from("PK\x03\x04"), common, localName, packed]);
    head.writeUInt16LE(localName.length, 26);
    const record = Buffer.alloc(46);
    record.write("PK\x01\x02", "latin1");
    record.writeUInt16LE(0x031e, 4);
    common.copy(record, 6, 0, 22);
    record.writeUInt16LE(name.length, 28);
    record.writeUInt16LE(member.disk ?? 0, 34);
    record.writeUInt32LE(((member.unixMode ?? 0o100644) * 0x10000) >>> 0, 38);
    record.writeUInt32LE(member.offset ?? at, 42);
    local.push(head);
    central.push(record, name);
    at += head.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(options.records ?? members.length, 8);
  end.writeUInt16LE(options.records ?? members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(options.comment?.length ?? 0, 20);
  return Buffer.concat([...local, directory, end, options.comment ?? Buffer.alloc(0)]);
}
