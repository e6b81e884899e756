/** As much as `most` bytes of the deflated front opens to (RFC 1951); its cut end is no error here. */
export async function inflate(bytes: Uint8Array<ArrayBuffer>, most = 65_536): Promise<Uint8Array<ArrayBuffer>> {
  const { readable, writable } = new DecompressionStream("deflate-raw");
  const reader = readable.getReader();
  const writer = writable.getWriter();
  writer.write(bytes).catch(() => undefined);
  writer.close().catch(() => undefined); // a cut end is an error there
  const parts: Uint8Array[] = [];
  let size = 0;
  while (size < most) {
    const next = await reader.read().catch(() => null);
    if (next === null || next.done) break;
    parts.push(next.value);
    size += next.value.length;
  }
  await reader.cancel().catch(() => undefined);
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
