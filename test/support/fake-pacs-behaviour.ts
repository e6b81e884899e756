import type { ReceivedPart } from "./fake-pacs-request.ts";

/** How one store request is met; what is not said is honest. */
export interface Behaviour {
  /** Which parts are kept. Default: all. */
  readonly keeps?: "all" | "none" | ((part: ReceivedPart, index: number) => boolean);
  /** A FailureReason for a part; such a part is not kept. */
  readonly fails?: (part: ReceivedPart, index: number) => number | undefined;
  /** A WarningReason for a part that is kept. */
  readonly warns?: (part: ReceivedPart, index: number) => number | undefined;
  /** Default: what the outcome gives (PS3.18 table 10.5.3-1). */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the response module. `endless` never stops. */
  readonly body?: string | "endless";
  /** Refuses the request as a whole with this status; nothing of it is kept. */
  readonly refuses?: (parts: readonly ReceivedPart[]) => number | undefined;
  /** `hang` reads all and answers nothing; `close` cuts the connection after reading all. Default: answer. */
  readonly ending?: "answer" | "hang" | "close";
  /** Cuts the connection after so many bytes of the body. */
  readonly closeAfterBytes?: number;
  /** Refuses before the body is read. */
  readonly early?: boolean;
}

export interface FakePacsOptions {
  /** For the first store requests, one each; then `otherwise`. */
  readonly script?: readonly Behaviour[];
  readonly otherwise?: Behaviour;
  /** How queries are met: by limit and offset, all at once whatever is asked, in pages of one, with a status, with a
   * proxy's page, or cut once as a proxy does that closes a kept connection. */
  readonly queries?: "paged" | "unpaged" | "page-of-one" | "hang" | "cut-first" | "html" | number;
  /** Whether an instance can be retrieved; false is 404, a number another status. Default true. */
  readonly retrieves?: boolean | number;
  /** The Authorization header that is let in. */
  readonly authorization?: string;
  /** A second copy of a UID: the old one stays and "stored" is said (dcm4chee), it is replaced, or it is refused (Azure, 45070). */
  readonly duplicates?: "keep" | "replace" | "refuse";
  /** Orthanc's /tools/find gives no longer pages than this, whatever is asked for. */
  readonly mostFound?: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Default: any that is free. */
  readonly port?: number;
}

export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly bytes: number;
  /** SOP Instance UIDs of a store request. */
  readonly uids: readonly string[];
}

/** Keeps what is to be kept; the Store Instances Response Module and the status that go with it (PS3.18 10.5.3, I.2). */
export function judged(
  parts: readonly ReceivedPart[],
  behaviour: Behaviour,
  held: Map<string, ReceivedPart>,
  duplicates: FakePacsOptions["duplicates"],
): { readonly status: number; readonly body: string } {
  const keep = (part: ReceivedPart): number | null => {
    const old = held.get(part.sopInstanceUID);
    if (old !== undefined && duplicates === "refuse") return 45070;
    if (old === undefined || duplicates === "replace") held.set(part.sopInstanceUID, part);
    return null;
  };
  const referenced: object[] = [];
  const failed: object[] = [];
  let warned = false;
  for (const [index, part] of parts.entries()) {
    const keeps = typeof behaviour.keeps === "function" ? behaviour.keeps(part, index) : behaviour.keeps !== "none";
    const reason = behaviour.fails?.(part, index) ?? (keeps ? keep(part) : null);
    const warning = behaviour.warns?.(part, index);
    warned ||= warning !== undefined;
    const item = { "00081150": ui(part.sopClassUID), "00081155": ui(part.sopInstanceUID) };
    if (reason !== null) failed.push({ ...item, "00081197": us(reason) });
    else referenced.push(warning === undefined ? item : { ...item, "00081196": us(warning) });
  }
  const mixed = referenced.length > 0 ? 202 : 409;
  const status = failed.length > 0 ? mixed : warned ? 202 : 200;
  return { status, body: JSON.stringify({ ...sequence("00081199", referenced), ...sequence("00081198", failed) }) };
}

export const ui = (uid: string) => ({ vr: "UI", Value: [uid] });
const us = (value: number) => ({ vr: "US", Value: [value] });
const sequence = (tag: string, items: object[]) => (items.length === 0 ? {} : { [tag]: { vr: "SQ", Value: items } });
