import type { Entry } from "./entry.ts";
import type { Manifest } from "./record.ts";
import type { Link, QueuedStudy } from "./types.ts";

/** What a person asks for on a study; the tab that sends does it. */
export type Deed =
  | { readonly kind: "pause" | "resume" | "cancel" | "retry" | "accept" | "dismiss" }
  | { readonly kind: "confirm"; readonly studyInstanceUID: string; readonly given: object }
  | { readonly kind: "reject"; readonly studyInstanceUID: string; readonly reason: string }
  /** The lost bytes are back: on the device, or in these files where it has no room. */
  | { readonly kind: "rechosen"; readonly files: readonly (Blob | null)[] | null }
  /** Opens it at the box, so that it goes on without its person. */
  | { readonly kind: "open" };

type Message =
  | { readonly kind: "hello" }
  | { readonly kind: "views"; readonly views: readonly QueuedStudy[]; readonly link: Link }
  /** A study was saved by another tab; `files` where the device could not keep them. */
  | { readonly kind: "added"; readonly manifest: Manifest; readonly files: Entry["files"]; readonly recorded: boolean }
  | { readonly kind: "deed"; readonly call: string; readonly id: string; readonly deed: Deed }
  | { readonly kind: "did"; readonly call: string; readonly problem: string | null };

const CHANNEL = "relaypacs-queue";
const LOCK = "relaypacs-uploader";

export interface TabHandlers {
  /** This tab has become the one that sends. */
  lead(): void;
  added(manifest: Manifest, files: Entry["files"], recorded: boolean): void;
  perform(id: string, deed: Deed): Promise<void>;
  views(): { views: readonly QueuedStudy[]; link: Link };
  /** What the sending tab shows. */
  shown(views: readonly QueuedStudy[], link: Link): void;
}

/** One tab sends, whatever their number; when it closes, the next takes over (Web Locks). */
export class Tabs {
  leads = false;
  private readonly channel = new BroadcastChannel(CHANNEL);
  private readonly calls = new Map<string, { resolve(): void; reject(error: Error): void }>();

  constructor(private readonly on: TabHandlers) {
    this.channel.onmessage = ({ data }: MessageEvent<Message>) => this.receive(data);
  }

  /** @returns when it is known whether this tab sends */
  async start(): Promise<void> {
    const { locks } = navigator;
    const known = Promise.withResolvers<void>();
    const hold = (): Promise<never> => {
      this.leads = true;
      this.on.lead();
      known.resolve();
      return new Promise(() => undefined); // until the tab closes
    };
    void locks
      .request(LOCK, { ifAvailable: true }, (lock) => {
        if (lock !== null) return hold();
        known.resolve();
        this.post({ kind: "hello" });
        void locks.request(LOCK, hold);
        return undefined;
      })
      .catch(() => known.resolve());
    await known.promise;
  }

  /** Shows the other tabs what this one sends. */
  show(): void {
    if (this.leads) this.post({ kind: "views", ...this.on.views() });
  }
  tellAdded({ manifest, files, recorded }: Entry): void {
    this.post({ kind: "added", manifest, files, recorded });
  }
  /** @throws Error with the box's sentence */
  ask(id: string, deed: Deed): Promise<void> {
    const call = crypto.randomUUID();
    return new Promise((resolve, reject) => {
      this.calls.set(call, { resolve, reject });
      this.post({ kind: "deed", call, id, deed });
    });
  }

  private receive(message: Message): void {
    if (message.kind === "views" && !this.leads) this.on.shown(message.views, message.link);
    if (message.kind === "did") {
      const waiting = this.calls.get(message.call);
      this.calls.delete(message.call);
      if (message.problem === null) waiting?.resolve();
      else waiting?.reject(new Error(message.problem));
    }
    if (!this.leads) return;
    if (message.kind === "hello") this.show();
    if (message.kind === "added") this.on.added(message.manifest, message.files, message.recorded);
    if (message.kind === "deed") void this.perform(message.call, message.id, message.deed);
  }

  private async perform(call: string, id: string, deed: Deed): Promise<void> {
    const problem = await this.on.perform(id, deed).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : "That did not work."),
    );
    this.post({ kind: "did", call, problem });
  }

  private post(message: Message): void {
    this.channel.postMessage(message);
  }
}
