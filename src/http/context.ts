import type { Attempts } from "../auth/attempts.ts";
import type { Invitations } from "../auth/invitations.ts";
import type { ReceiptSigner } from "../auth/receipt-key.ts";
import type { Sessions } from "../auth/sessions.ts";
import type { Tokens } from "../auth/tokens.ts";
import type { Totp } from "../auth/totp.ts";
import type { BoxCopies } from "../backup/nightly.ts";
import type { Moment } from "../core/clock.ts";
import type { Config } from "../core/config-schema.ts";
import type { Live } from "../core/live.ts";
import type { Log } from "../core/log.ts";
import type { Newsroom } from "../core/news.ts";
import type { Database } from "../db/database.ts";
import type { UploadRow } from "../db/uploads.ts";
import type { Forwarder } from "../forward/dispatcher.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { SettingsKeeper } from "../settings/keeper.ts";
import type { StatisticsOf } from "../statistics/statistics.ts";
import type { Serving } from "../tls/serving.ts";
import type { createChunkReceiver } from "../upload/chunk.ts";
import type { SessionDeps } from "../upload/session.ts";
import type { Guard } from "./guard.ts";
import type { Ports } from "./trust/view.ts";

/** What routes work with; made once in app.ts. */
export interface HttpContext {
  readonly config: () => Config;
  readonly db: Database;
  readonly tokens: Tokens;
  readonly receiptSigner: ReceiptSigner;
  /** Of people; `sessions` are those of uploads. */
  readonly authSessions: Sessions;
  /** Wrong guesses at passwords and codes. */
  readonly attempts: Attempts;
  readonly totp: Totp;
  /** QR sessions. */
  readonly invitations: Invitations;
  /** There is no administrator yet. */
  readonly needsSetup: () => boolean;
  readonly guard: Guard;
  /** The certificate in use. */
  readonly serving: Serving;
  /** Where the box listens, as bound. */
  readonly ports: () => Ports;
  readonly live: Live;
  readonly newsroom: Pick<Newsroom, "news" | "listen">;
  /** Those that the box makes of itself. */
  readonly copies: Pick<BoxCopies, "now" | "state">;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly statistics: StatisticsOf;
  readonly sessions: SessionDeps;
  readonly receiveChunk: ReturnType<typeof createChunkReceiver>;
  /** Whether the box takes work: database answers and the spool can be written. */
  readonly ready: () => { ok: boolean; problems: string[] };
  /** Wakes intake, forwarding and cleanup. */
  readonly wake: () => void;
  /** Stops what intake does with an upload. */
  readonly cancelUpload: (uploadId: string) => Promise<void>;
  /** Asks the destinations whether they still show what was left out as delivered; answers whether something is needed again. */
  readonly askAgain: (upload: UploadRow, signal: AbortSignal) => Promise<boolean>;
  /** Ends an upload for good, once nothing of it is under way to a destination. */
  readonly endUpload: Forwarder["end"];
  /** The configuration file's destinations and rules, and those that were added; the latter can be changed. */
  readonly settings: SettingsKeeper;
  /** Why a destination is down; null: it is not known to be. */
  readonly outage: Forwarder["outage"];
  /** Bytes free for the spool. */
  readonly freeBytes: () => number;
  readonly now: () => Moment;
}
