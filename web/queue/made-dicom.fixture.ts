/** A small Explicit VR Little Endian file for tests of what reads headers. */
export function dicomFile(fields: {
  patientName: string;
  patientID: string;
  study: string;
  sop: string;
}): Uint8Array<ArrayBuffer> {
  const meta = element(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1");
  const data = [
    element(0x0008, 0x0018, "UI", fields.sop),
    element(0x0008, 0x0060, "CS", "CT"),
    element(0x0010, 0x0010, "PN", fields.patientName),
    element(0x0010, 0x0020, "LO", fields.patientID),
    element(0x0010, 0x0030, "DA", "19700101"),
    element(0x0020, 0x000d, "UI", fields.study),
    element(0x0020, 0x000e, "UI", `${fields.study}.1`),
    element(0x0020, 0x0013, "IS", "1"),
  ];
  const length = [0x02, 0x00, 0x00, 0x00, 0x55, 0x4c, 0x04, 0x00, meta.length, 0x00, 0x00, 0x00];
  return new Uint8Array([...new Uint8Array(128), 0x44, 0x49, 0x43, 0x4d, ...length, ...meta, ...data.flat()]);
}

/** PS3.5 7.1.2: tag, VR, 16-bit length, value padded to an even length. */
function element(group: number, number: number, vr: string, text: string): number[] {
  const pad = vr === "UI" ? "\0" : " ";
  const value = [...(text.length % 2 === 0 ? text : text + pad)].map((char) => char.charCodeAt(0));
  const short = (n: number) => [n & 0xff, n >> 8];
  return [
    ...short(group),
    ...short(number),
    ...[...vr].map((char) => char.charCodeAt(0)),
    ...short(value.length),
    ...value,
  ];
}
