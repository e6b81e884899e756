import type { InvitationList, InvitationMade, NewInvitation } from "../../src/contract/invitation.ts";
import type { Role } from "../../src/contract/permissions.ts";
import type { Administration } from "../api/admin.ts";
import type { AuditBook } from "../api/audit.ts";
import type { Visit } from "../api/http.ts";
import type { Receipts } from "../api/receipts.ts";
import type { Page } from "../api/uploads.ts";
import type { ChosenFile, Confirmation, DraftStudy, Queue, ScanResult } from "../queue/types.ts";

/** What the screens are given: the queue, the session, and what is chosen but not yet sent. */
export interface Person {
  readonly id: string;
  /** Of a guest: who invited. */
  readonly username: string;
  readonly role: Role | "guest";
  /** Has to set up the second factor before anything else. */
  readonly mustEnroll?: boolean;
}

/** How a code was taken; the page has the words. */
export type JoinOutcome = "ok" | "used" | "ended" | "unknown" | "offline" | "failed";

/** What staff do with QR sessions. */
export interface Inviting {
  make(asked: NewInvitation): Promise<InvitationMade>;
  list(): Promise<InvitationList>;
  stop(id: string): Promise<void>;
}

/** How a sign-in ended; the page has the words. */
export type SignInOutcome =
  | { readonly kind: "ok" }
  | {
      readonly kind: "invalid_credentials" | "totp_required" | "totp_invalid" | "setup_required" | "offline" | "failed";
    }
  | { readonly kind: "too_many_attempts"; readonly retryAfterSeconds: number };

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly totp?: string;
  readonly recovery_code?: string;
}

export interface Session {
  readonly person: Person | null;
  /** Of a guest: what it may do, and for how long. */
  readonly visit: Visit | null;
  /** Lets this device in by a QR session's code. */
  join(code: string): Promise<JoinOutcome>;
  /** Called when somebody signs in or out. @returns stops listening */
  subscribe(listener: () => void): () => void;
  signIn(credentials: Credentials): Promise<SignInOutcome>;
  /** Studies on their way go on. */
  signOut(): Promise<void>;
}

/** One sign-in of this account; times as the box writes them. */
export interface SignIn {
  readonly session_id: string;
  readonly created_at: string;
  readonly last_used_at: string;
  readonly current: boolean;
}

/** What a person does with the own account. Everything throws ApiError. */
export interface Account {
  hasSecondFactor(): Promise<boolean>;
  /** Ends the other sign-ins. */
  changePassword(old: string, next: string): Promise<void>;
  /** A new secret, as base32 and as a picture; the one before is void. */
  enroll(): Promise<{ readonly secret: string; readonly qr_svg: string }>;
  /** @returns the recovery codes, which are shown this once */
  confirm(code: string): Promise<readonly string[]>;
  /** The recovery codes are kept: goes on with the full sign-in. */
  enrolled(): Promise<void>;
  disable(password: string, code: string): Promise<void>;
  sessions(): Promise<readonly SignIn[]>;
  endSession(id: string): Promise<void>;
  /** The first administrator; signed in at once. */
  setUp(code: string, username: string, password: string): Promise<void>;
}

/** What was chosen and waits for the person's word: only in memory, because it is not saved yet. */
export class Choice {
  result: ScanResult | null = null;
  /** Studies left to confirm, first to last. */
  drafts: readonly DraftStudy[] = [];
  /** Which of them is shown. */
  step = 0;
  /** What was typed on the confirm screen, by the study's id there: it outlives a look at another screen. */
  given: Readonly<Record<string, Confirmation>> = {};
  /** Files that Chromium's share target or a re-pick brought, to be looked at on the upload screen. */
  waiting: readonly ChosenFile[] = [];
  /** Studies whose bytes could not be stored. */
  notSaved = 0;

  take(result: ScanResult): void {
    this.result = result;
    this.drafts = result.studies;
    this.step = 0;
    this.given = {};
  }
  /** Other pictures than those that were chosen first. */
  change(id: string, files: readonly ChosenFile[]): void {
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    this.drafts = this.drafts.map((draft) =>
      draft.id === id ? { ...draft, files, bytes, imageCount: files.length } : draft,
    );
  }
  /** The study was sent, or is left out: it leaves the list. */
  drop(id: string): void {
    this.drafts = this.drafts.filter((draft) => draft.id !== id);
    this.step = Math.min(this.step, Math.max(0, this.drafts.length - 1));
    if (this.drafts.length === 0) this.result = null;
  }
}

export interface App {
  /** For the administrator alone; the box refuses everybody else. */
  readonly audit: AuditBook;
  readonly admin: Administration;
  readonly queue: Queue;
  readonly session: Session;
  readonly inviting: Inviting;
  readonly account: Account;
  readonly receipts: Receipts;
  /** Everybody's, newest first, for those who may see them. @param cursor of the page before; null: the newest */
  readonly allUploads: (cursor: string | null) => Promise<Page>;
  readonly choice: Choice;
}

/** One polite live region speaks for the whole app; the shell listens. */
export const announce = (text: string): void => {
  dispatchEvent(new CustomEvent("app-announce", { detail: text }));
};
