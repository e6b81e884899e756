import { randomBytes } from "node:crypto";
import type { OutgoingInstance } from "./destination.ts";
import type { HttpBody } from "./http-peer.ts";
import { bytesOf, sizeOf } from "./instance-bytes.ts";

export interface MultipartBody extends HttpBody {
  readonly contentType: string;
}

/** 128 random bits cannot occur in the payload; an unquoted token of 42 characters (old Orthancs stumble over quotes and long ones). */
const newBoundary = (): string => `relaypacs-${randomBytes(16).toString("hex")}`;

/** multipart/related of application/dicom parts (PS3.18 8.6.1.2, 10.5.1); its length is known before the first byte. */
export function multipartOf(instances: readonly OutgoingInstance[], boundary = newBoundary()): MultipartBody {
  const encoder = new TextEncoder();
  // RFC 2046 5.1.1: the line break before a delimiter belongs to the delimiter.
  const first = encoder.encode(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
  const next = encoder.encode(`\r\n--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
  const last = encoder.encode(`\r\n--${boundary}--\r\n`);
  const opening = (index: number) => (index === 0 ? first : next);
  return {
    // The type's value is quoted for its slash, the boundary is a token and is not.
    contentType: `multipart/related; type="application/dicom"; boundary=${boundary}`,
    length: instances.reduce((sum, one, index) => sum + opening(index).length + sizeOf(one), last.length),
    async *pieces() {
      for (const [index, instance] of instances.entries()) {
        yield opening(index);
        yield* bytesOf(instance);
      }
      yield last;
    },
  };
}

/** Batches by count and by bytes, in order; an instance above the bytes is a batch of its own. */
export function* batchesOf(
  instances: readonly OutgoingInstance[],
  limits: { readonly instances: number; readonly bytes: number },
): Generator<readonly OutgoingInstance[]> {
  let batch: OutgoingInstance[] = [];
  let bytes = 0;
  for (const instance of instances) {
    const size = sizeOf(instance);
    if (batch.length > 0 && (batch.length >= limits.instances || bytes + size > limits.bytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(instance);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
