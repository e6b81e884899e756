import { isTerminal } from "../../src/contract/states.ts";
import type { Api } from "../api/http.ts";
import { ApiError } from "../api/problem.ts";
import { acceptUpload, cancelUpload, confirmStudy, rejectStudy, retryUpload } from "../api/uploads.ts";
import { confirmBody } from "./confirm-body.ts";
import type { Entry } from "./entry.ts";
import { askStatus, open, withToken } from "./journey.ts";
import type { DeviceStore } from "./store.ts";
import type { Deed } from "./tabs.ts";
import type { Uploader } from "./uploader.ts";

interface Hands {
  readonly api: Api;
  readonly store: DeviceStore | null;
  readonly uploader: Uploader;
}

/** What a person's buttons do to a study. @throws ApiError where the box has to be asked and does not agree */
export async function perform(hands: Hands, id: string, deed: Deed): Promise<void> {
  const { api, uploader } = hands;
  const entry = uploader.entries.get(id);
  if (entry === undefined) return;
  const uploadId = entry.progress.uploadId ?? "";
  const atBox = async (step: Promise<unknown>) => {
    await step;
    uploader.watch(entry, 0);
  };
  switch (deed.kind) {
    case "pause":
      if (entry.progress.state !== "waiting") return;
      entry.stop.abort();
      return uploader.save(entry, { state: "paused", cause: null });
    case "resume":
      if (entry.progress.state === "paused") await wait(uploader, entry);
      return;
    case "cancel":
      return cancel(hands, entry);
    case "retry":
      if (entry.watched) return atBox(retryUpload(api, uploadId));
      return retryHere(uploader, entry);
    case "accept":
      return atBox(acceptUpload(api, uploadId));
    case "confirm":
      return atBox(confirmStudy(api, uploadId, deed.studyInstanceUID, confirmBody(deed.given)));
    case "reject":
      return atBox(rejectStudy(api, uploadId, deed.studyInstanceUID, deed.reason));
    case "rechosen":
      if (entry.progress.cause !== "files_gone") return;
      entry.files = deed.files;
      return wait(uploader, entry);
    case "open":
      if (entry.progress.uploadId !== null || entry.progress.state !== "waiting" || entry.uploading) return;
      return open({ api, entry, save: uploader.save.bind(uploader) });
    case "dismiss":
      if (!entry.ended) return;
      uploader.entries.delete(id);
      await hands.store?.remove(id);
      return uploader.tick();
  }
}

async function wait(uploader: Uploader, entry: Entry): Promise<void> {
  entry.nextTryAt = null;
  entry.failures = 0;
  await uploader.save(entry, { state: "waiting", cause: null, error: null });
  uploader.tick();
}

/** What failed for good at the box starts as a new upload of the same bytes. */
async function retryHere(uploader: Uploader, entry: Entry): Promise<void> {
  const { state } = entry.progress;
  if (state === "done") return;
  if (state === "failed") await uploader.startOver(entry);
  await wait(uploader, entry);
}

/** Before the box has all of it, a stop needs no answer: what is there expires. Afterwards only the box can stop it. */
async function cancel({ api, uploader }: Hands, entry: Entry): Promise<void> {
  if (entry.ended) return;
  const atBox = entry.watched;
  entry.stop.abort();
  if (!atBox) entry.progress = { ...entry.progress, state: "paused" }; // not taken up again while the box is told
  const { uploadId } = entry.progress;
  if (uploadId !== null) {
    const save = uploader.save.bind(uploader);
    const told = withToken(api, entry, save, (token) => cancelUpload(api, uploadId, token));
    await told.catch((error: unknown) => {
      const gone = error instanceof ApiError && (error.status === 404 || error.status === 409 || error.status === 410);
      if (atBox && !gone) throw error;
    });
    if (atBox) {
      const { files: _, ...status } = await askStatus(api, entry, save);
      if (!isTerminal(status.state)) return uploader.watch(entry, 0);
      return uploader.finish(entry, { state: "done", cause: null, error: null, status });
    }
  }
  await uploader.finish(entry, { state: "done", cause: null, error: null, status: null });
}
