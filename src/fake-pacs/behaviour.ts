import type { DicomFile } from "./dicom-header.ts";
import type { FakeKind, SignInKind } from "./rules.ts";

/** One Part 10 object of a store request. */
export interface ReceivedPart extends DicomFile {
  readonly bytes: Uint8Array;
}

/** How one store request is met; what is not said is as the kind does it. */
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

/** In signed chunks; in none, by the headers of chunks alone; by the hash of the whole. */
export type BodySignature = "chunks" | "headers" | "whole";

export interface FakePacsOptions {
  /** Whose rules hold. Default: stow-rs. */
  readonly kind?: FakeKind;
  /** Instead of the kind's own. */
  readonly signIn?: SignInKind;
  /** How long its tokens are good, seconds. Default an hour. */
  readonly tokenSeconds?: number;
  /** A token is refused after so many requests, as if it had expired. */
  readonly tokenUses?: number;
  /** How a body may be signed where signatures are asked for (AWS). Each way where absent. */
  readonly signsBodies?: readonly BodySignature[];
  /** How its answers are written, whatever Accept asks for: XML, or JSON with keys in this case. */
  readonly answers?: "xml" | "upper-case" | "lower-case";
  /** Closes a connection after so many requests, as reverse proxies do. */
  readonly closeAfterRequests?: number;
  /** Holds no more than this, bytes; then it is full (A700). Default: no bound. */
  readonly mostHeldBytes?: number;
  /** Instead of the kind's own, bytes. */
  readonly mostBytes?: number;
  /** For the first store requests, one each; then `otherwise`. */
  readonly script?: readonly Behaviour[];
  readonly otherwise?: Behaviour;
  /** Headers of a query that is met with a status. */
  readonly queryHeaders?: Readonly<Record<string, string>>;
  /** How queries are met: by limit and offset, all at once whatever is asked, in pages of one, with a status, with a
   * proxy's page, or cut once as a proxy does that closes a kept connection. */
  readonly queries?: "paged" | "unpaged" | "page-of-one" | "hang" | "cut-first" | "html" | number;
  /** Whether an instance can be retrieved; false is 404, a number another status. Default true. */
  readonly retrieves?: boolean | number;
  /** The Authorization header that is let in. */
  readonly authorization?: string;
  /** A second copy of a UID: the old one stays and "stored" is said, it is replaced, or it is refused (45070). Default: as the kind does it. */
  readonly duplicates?: "keep" | "replace" | "refuse";
  /** Orthanc's /tools/find gives no longer pages than this, whatever is asked for. */
  readonly mostFound?: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Is told a line for each answer, without UIDs. */
  readonly tell?: (line: string) => void;
  /** Default: loopback. */
  readonly host?: string;
  /** Default: a free one. */
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
