import { parseListen } from "../core/listen.ts";
import { Association, type PeerEntity } from "../dimse/association.ts";
import { responseCommand } from "../dimse/command-set.ts";
import { type CommitmentReport, commitmentContext, reportIn, requestCommitment } from "../dimse/commitment.ts";
import { dataTF, releaseRQ } from "../dimse/pdu.ts";
import { ReportListener } from "../dimse/report-listener.ts";
import { statusHex } from "../dimse/status.ts";
import type { OutgoingInstance } from "./destination.ts";
import { asLongAs, inLanes } from "./lanes.ts";

/** Instances of one transaction: the message of its report stays far below what is read of one. */
export const MOST_REFERENCES = 1000;
/** Under way at once: a slow archive is waited for once for all of them. */
const TRANSACTIONS = 4;
/** An archive that has not reported by then is asked by a query instead. */
export const REPORT_MS = 60_000;
/** So long the association stays open for a report; then the archive has to open one of its own (PS3.4 J.3.3). */
const SAME_ASSOCIATION_MS = 5000;
const RELEASE_MS = 2000;

export interface Commitment {
  readonly committed: ReadonlySet<string>;
  /** Null: all was reported. Else why not, in short, for the receipt. */
  readonly missing: string | null;
}

export interface CommitmentOptions {
  readonly peer: PeerEntity;
  /** "host:port" where the archive's reports are taken. */
  readonly listen: string;
  readonly reportMs?: number | undefined;
}

/**
 * Storage commitment (PS3.4 J): asks the archive to take over the responsibility, and waits for its report, on the same
 * association or on one that it opens.
 * @throws DimseError, socket errors, the signal's reason
 */
export async function commitmentOf(
  options: CommitmentOptions,
  instances: readonly OutgoingInstance[],
  signal: AbortSignal,
): Promise<Commitment> {
  return sharedListener(options, async (listener) => {
    const committed = new Set<string>();
    if (listener === null) return { committed, missing: "this box could not listen for a commitment report" };
    const parts = Array.from({ length: Math.ceil(instances.length / MOST_REFERENCES) }, (_, n) =>
      instances.slice(n * MOST_REFERENCES, (n + 1) * MOST_REFERENCES),
    );
    let missing: string | null = null;
    const untilOneIsMissing = asLongAs(() => missing === null, parts);
    await inLanes(untilOneIsMissing, TRANSACTIONS, signal, async (part, both) => {
      const unreported = await transaction(options, listener, part, committed, both);
      missing ??= unreported;
    });
    return { committed, missing };
  });
}

/** One transaction on an association of its own; answers what kept it from its report, null where it came. */
async function transaction(
  { peer, reportMs = REPORT_MS }: CommitmentOptions,
  listener: ReportListener,
  instances: readonly OutgoingInstance[],
  committed: Set<string>,
  signal: AbortSignal,
): Promise<string | null> {
  const uid = transactionUID();
  let reported = false;
  const { promise: arrived, resolve } = Promise.withResolvers<void>();
  listener.expect(uid, (report: CommitmentReport) => {
    for (const one of report.committed) committed.add(one);
    reported = true;
    resolve();
  });
  const association = await Association.open(peer, [commitmentContext], signal);
  try {
    if (!("id" in association.contextOf(commitmentContext))) return "commitment not offered";
    const status = await requestCommitment(association, uid, instances);
    if (status !== 0) return `commitment refused, status ${statusHex(status)}`;
    const ended = reportsOn(association, listener);
    await within(Promise.race([arrived, ended]), Math.min(reportMs, SAME_ASSOCIATION_MS), signal);
    await association.socket.write(releaseRQ()).catch(() => undefined);
    await within(ended, RELEASE_MS, signal);
    association.socket.close();
    await within(arrived, reportMs, signal);
    return reported ? null : "no commitment report in time";
  } catch (error) {
    association.socket.abort();
    throw error;
  } finally {
    listener.forget(uid);
  }
}

/** Takes the reports that come on our own association, until it ends, be it by the answer to our release. */
async function reportsOn(association: Association, listener: ReportListener): Promise<void> {
  try {
    for (;;) {
      const message = await association.messages.next();
      const report = reportIn(message);
      const status = report !== null && listener.deliver(report) ? 0 : 0x0112;
      await association.socket.write(
        dataTF(message.contextId, "command", true, responseCommand(message.command, status)),
      );
    }
  } catch {
    // It ended, by us or by the archive: the report may still come over another one.
  }
}

/** Waits for it, at most so long. @throws the signal's reason */
async function within(what: Promise<void>, milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  signal.addEventListener("abort", () => resolve(), { once: true });
  await Promise.race([what, over]);
  clearTimeout(timer);
  signal.throwIfAborted();
}

/** A UID that nobody else can guess (PS3.5 B.2). */
const transactionUID = (): string => `2.25.${BigInt(`0x${crypto.randomUUID().replaceAll("-", "")}`)}`;

const listeners = new Map<string, { readonly listener: Promise<ReportListener | null>; users: number }>();

/** Destinations with the same address share one listener, which is there as long as one of them waits. */
async function sharedListener<T>(
  { listen, peer: { tls } }: CommitmentOptions,
  work: (listener: ReportListener | null) => Promise<T>,
): Promise<T> {
  const address = parseListen(listen);
  if (address === null) return work(null);
  const key = JSON.stringify([listen, tls ?? null]);
  const known = listeners.get(key);
  const entry = known ?? {
    listener: ReportListener.open({ ...address, ...(tls === undefined ? {} : { tls }) }).catch(() => null),
    users: 0,
  };
  listeners.set(key, entry);
  entry.users++;
  try {
    return await work(await entry.listener);
  } finally {
    entry.users--;
    if (entry.users === 0) {
      listeners.delete(key);
      await (await entry.listener)?.close();
    }
  }
}
