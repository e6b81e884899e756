import { setImmediate } from "node:timers/promises";
import { auditAfter, auditHead } from "../db/audit.ts";
import { chainKeyOf, type Database } from "../db/database.ts";
import { chainHash } from "./chain.ts";

/** An end of the chain, as it was once shown. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

export interface Finding {
  readonly seq: number;
  /** missing: no row of this number · changed: not as it was written, or put in · cut: the end that was known is gone. */
  readonly fault: "missing" | "changed" | "cut";
}

export interface Verdict {
  /** Rows that hold, from the first one on. */
  readonly rows: number;
  readonly head: Head;
  /** The first row that does not. */
  readonly broken: Finding | null;
}

/** So many rows are read and hashed in one turn of the event loop: some milliseconds. */
const pageSize = 500;
const beginning: Head = { seq: 0, hash: "" };

/**
 * Reads the chain to the end it had when this began.
 * @param known an end shown earlier: what was cut off behind it shows only so
 * @param from rows up to here were verified before
 */
export async function verifyChain(db: Database, known?: Head, from: Head = beginning): Promise<Verdict> {
  const key = chainKeyOf(db.orm);
  const { seq: upTo } = auditHead(db.orm);
  let head = from;
  const ends = (broken: Finding | null): Verdict => ({ rows: head.seq, head, broken });
  while (head.seq < upTo) {
    // The first page begins below the first number, where nothing is to be.
    const page = auditAfter(db.orm, head.seq === 0 ? Number.MIN_SAFE_INTEGER : head.seq, upTo, pageSize);
    for (const row of page) {
      if (row.seq > head.seq + 1) return ends({ seq: head.seq + 1, fault: "missing" });
      if (row.seq <= head.seq || row.previous !== head.hash || chainHash(key, row) !== row.hash)
        return ends({ seq: row.seq, fault: "changed" });
      // The chain holds, but is another one than was shown: written anew by somebody who has the key.
      if (row.seq === known?.seq && row.hash !== known.hash) return ends({ seq: row.seq, fault: "changed" });
      head = { seq: row.seq, hash: row.hash };
    }
    if (page.length === 0) return ends({ seq: head.seq + 1, fault: "missing" });
    await setImmediate();
  }
  return ends(known !== undefined && known.seq > head.seq ? { seq: head.seq + 1, fault: "cut" } : null);
}
