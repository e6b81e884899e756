import type { Api } from "../api/http.ts";
import { deliveredUploads, type Page } from "../api/uploads.ts";
import type { Earlier } from "./types.ts";

/** Nobody waits for this answer, but it must not come after the study is gone. */
const patienceMs = 8000;

/** Asks the box for what this person sent before: the device itself keeps no identifier of a study that arrived. */
export async function deliveredBefore(api: Api, studyInstanceUID: string): Promise<Earlier | null> {
  if (studyInstanceUID === "" || api.user === null || api.user.role === "guest" || !navigator.onLine) return null;
  const page = await deliveredUploads(api, AbortSignal.timeout(patienceMs)).catch(() => null);
  return page === null ? null : earlierOf(page, studyInstanceUID);
}

/** The newest; uploads come newest first. */
export function earlierOf({ uploads }: Page, studyInstanceUID: string): Earlier | null {
  for (const { studies, files_removed_at, created_at } of uploads) {
    const study = studies.find((one) => one.study_instance_uid === studyInstanceUID && one.state === "delivered");
    if (study) return { at: Date.parse(files_removed_at ?? created_at), imageCount: study.instance_count };
  }
  return null;
}
