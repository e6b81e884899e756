import { createHash } from "node:crypto";
import type { Behaviour, ReceivedPart } from "./behaviour.ts";
import { type DicomWeb, type Exchange, refuse } from "./dicomweb.ts";
import { judge } from "./judge.ts";
import { parseInstance } from "./store-request.ts";

/** Orthanc's POST /instances: "Success", or "AlreadyStored" where the old copy stays. */
export function storeInstance(
  { request, response, body }: Exchange,
  behaviour: Behaviour,
  web: DicomWeb,
  saw: (seen: { readonly uids: readonly string[]; readonly violation?: string }) => void,
): undefined {
  const { answers, held, options } = web;
  const parsed = parseInstance(request.headers as Record<string, string | undefined>, body);
  if ("violation" in parsed) {
    saw({ uids: [], violation: parsed.violation });
    return answers.say(response, parsed.status, `Refused: ${parsed.violation}.`);
  }
  saw({ uids: parsed.parts.map((part) => part.sopInstanceUID) });
  const [part] = parsed.parts;
  const before = part !== undefined && held.has(part.sopInstanceUID);
  const refusal = behaviour.refuses?.(parsed.parts);
  if (refusal !== undefined) return refuse(response, refusal, behaviour, answers);
  judge(parsed.parts, null, behaviour, web);
  if (behaviour.ending === "hang") return;
  if (behaviour.ending === "close") return void request.socket.destroy();
  const kept = before && options.duplicates !== "replace";
  const said = part === undefined ? {} : { ID: orthancId(part), Status: kept ? "AlreadyStored" : "Success" };
  const status = behaviour.status ?? 200;
  if (behaviour.body !== undefined && behaviour.body !== "endless")
    return answers.send(response, status, behaviour.body, behaviour.headers);
  answers.send(response, status, { ...said, FakePACS: answers.mark }, behaviour.headers);
}

/** The rest of the API that a sender uses; false where the path is none of it. */
export function orthancRest({ request, response, body }: Exchange, path: string, web: DicomWeb): boolean {
  const { answers, held, options } = web;
  const at = `${request.method} ${path}`;
  if (at === "GET /system") {
    answers.send(response, 200, { Version: "1.12.0", Name: "fake", FakePACS: answers.mark });
    return true;
  }
  const copy = [...held.values()].find((part) => path.startsWith(`/instances/${orthancId(part)}`));
  if (copy !== undefined) {
    if (request.method === "DELETE") answers.send(response, held.delete(copy.sopInstanceUID) ? 200 : 404, {});
    else if (at.endsWith("/md5")) answers.send(response, 200, createHash("md5").update(copy.bytes).digest("hex"));
    else if (at.endsWith("/file")) answers.send(response, 200, copy.bytes, { "content-type": "application/dicom" });
    else answers.say(response, 404, "Nothing under this address.");
    return true;
  }
  if (at !== "POST /tools/find") return false;
  const asked = JSON.parse(body.toString()) as {
    readonly Level: string;
    readonly Query: { readonly StudyInstanceUID: string };
    readonly Since: number;
    readonly Limit: number;
  };
  const pageSize = Math.min(asked.Limit, options.mostFound ?? asked.Limit);
  const all = [...held.values()].filter((part) => part.studyInstanceUID === asked.Query.StudyInstanceUID);
  // Of studies it counts none: no limit here that it could speak of.
  const page = asked.Level === "Study" ? [] : all.slice(asked.Since, asked.Since + pageSize);
  answers.send(
    response,
    200,
    page.map((part) => ({ ID: orthancId(part), MainDicomTags: { SOPInstanceUID: part.sopInstanceUID } })),
  );
  return true;
}

function orthancId(part: ReceivedPart): string {
  const hash = createHash("sha1").update(part.sopInstanceUID).digest("hex");
  return (hash.match(/.{8}/g) ?? []).join("-");
}
