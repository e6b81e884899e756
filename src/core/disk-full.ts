/** Whether an error says that the disk (or the quota) is full, be it the file system's word or SQLite's. */
export function isDiskFull(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  // SHMSIZE: no room for the index of the write-ahead log, which an ordered stop removes and a start makes anew.
  return ["ENOSPC", "EDQUOT", "SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"].includes(String(code));
}
