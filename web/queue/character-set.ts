/** Specific Character Set (PS3.3 C.12.1.1.2) as the browser's own decoders know it. ISO 2022 terms share their set's row. */
const labels: Record<string, string> = {
  "ISO_IR 100": "windows-1252",
  "ISO_IR 101": "iso-8859-2",
  "ISO_IR 109": "iso-8859-3",
  "ISO_IR 110": "iso-8859-4",
  "ISO_IR 126": "iso-8859-7",
  "ISO_IR 127": "iso-8859-6",
  "ISO_IR 138": "iso-8859-8",
  "ISO_IR 144": "iso-8859-5",
  "ISO_IR 148": "windows-1254",
  "ISO_IR 166": "windows-874",
  "ISO_IR 203": "iso-8859-15",
  "ISO_IR 13": "shift_jis",
  "ISO_IR 87": "iso-2022-jp",
  "ISO_IR 159": "iso-2022-jp",
  "ISO_IR 149": "euc-kr",
  "ISO_IR 58": "gb2312",
  "ISO_IR 192": "utf-8",
  GB18030: "gb18030",
  GBK: "gbk",
};

const decoders = new Map<string, TextDecoder>();
function decoder(label: string): TextDecoder {
  const made = decoders.get(label) ?? new TextDecoder(label);
  decoders.set(label, made);
  return made;
}

/**
 * For showing only; what is sent are the file's own bytes.
 * @param terms the values of (0008,0005)
 */
export function decodeText(bytes: Uint8Array, terms: readonly string[]): string {
  const known = terms.flatMap((term) => labels[term.trim().replace(/^ISO 2022 IR /, "ISO_IR ")] ?? []);
  const label = known.find((name) => name === "iso-2022-jp") ?? known.at(-1) ?? "windows-1252";
  // EUC sets are announced by an escape sequence that the decoder does not know (PS3.5 6.1.2.5.4)
  const plain = label === "euc-kr" || label === "gb2312" ? withoutEscapes(bytes) : bytes;
  return decoder(label).decode(plain);
}

function withoutEscapes(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 0x1b && bytes[at + 1] === 0x24) at += 3;
    else if (bytes[at] === 0x1b) at += 2;
    else out.push(bytes[at] ?? 0);
  }
  return new Uint8Array(out);
}
