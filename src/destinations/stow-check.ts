import type { Capability, CapabilityKeeper } from "./capability.ts";
import { failedSteps } from "./check-steps.ts";
import type { CheckStep } from "./destination.ts";
import { dataSetsOf } from "./dicom-json.ts";
import type { HttpPeer } from "./http-peer.ts";
import { statusError } from "./http-status.ts";
import { multipartOf } from "./multipart.ts";
import { readableText } from "./readable-text.ts";

const NO_QUERY = new Set([400, 403, 404, 405, 406, 415, 501]);

/** Connection, sign-in, service; a query that names nothing and a Store request without a part store nothing. */
export async function checkStow(
  peer: HttpPeer,
  signal: AbortSignal,
  capability?: CapabilityKeeper,
): Promise<CheckStep[]> {
  try {
    const query = await peer.request(
      { method: "GET", path: "/studies?limit=1", headers: { accept: "application/dicom+json" } },
      signal,
    );
    // A proxy's page says 200 too.
    const text = query.status === 200 ? await readableText(query) : null;
    const answers = query.status === 204 || (text !== null && dataSetsOf(text) !== null);
    if (query.status !== 200) await query.discard();
    if (answers && text !== null) learn(capability, { queries: true, answers: /^\s*</.test(text) ? "xml" : "json" });
    const reached: CheckStep = { name: "Connection and sign-in", ok: true, detail: `HTTP ${query.status}` };
    if (answers) {
      return [reached, { name: "DICOMweb service", ok: true, detail: "answers queries (QIDO-RS)" }];
    }
    if (query.status !== 200 && !NO_QUERY.has(query.status)) return failedSteps(statusError(query));
    const empty = multipartOf([]);
    const store = await peer.request(
      {
        method: "POST",
        path: "/studies",
        headers: { accept: "application/dicom+json", "content-type": empty.contentType },
        body: empty,
      },
      signal,
    );
    await store.discard();
    // It found nothing to store: the service is there. Anything else speaks of the address, the right or its state.
    if (store.status < 300 || [400, 409].includes(store.status)) {
      learn(capability, { queries: false });
      const detail = "takes studies, but answers no queries: deliveries are confirmed by its own answer alone";
      return [reached, { name: "DICOMweb service", ok: true, detail }];
    }
    return failedSteps(statusError(store));
  } catch (error) {
    return failedSteps(error);
  }
}

/** Only what is new is written: this is also the probe of an archive that is down. */
function learn(keeper: CapabilityKeeper | undefined, part: Partial<Capability>): void {
  const known = keeper?.known();
  const news = Object.entries(part).some(([key, value]) => known?.[key as keyof Capability] !== value);
  if (news) keeper?.learn(part);
}
