import { catalogueOf, type ErrorCode, type Severity } from "../contract/errors.ts";

export interface FindingLine {
  readonly code: ErrorCode;
  readonly severity: Severity;
  readonly message: string;
  readonly fileName: string | null;
}

/** Of one code, so many files are named; the rest is counted in one more line. */
const namedAtMost: Record<Severity, number> = { refused: 500, warning: 20 };

/** Collects what intake has to say, and keeps a disc of 20 000 odd files from becoming 20 000 lines. */
export class FindingBook {
  private readonly lines: FindingLine[] = [];
  private readonly counts = new Map<string, number>();
  private clutterCount = 0;

  /** @param cause what is wrong, in a sentence; the catalogue's where not given. What to do follows out of the catalogue. */
  add(code: ErrorCode, severity: Severity, fileName: string | null, cause?: string): void {
    const key = `${severity} ${code}`;
    const seen = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, seen);
    if (seen > namedAtMost[severity]) return;
    const entry = catalogueOf(code);
    this.lines.push({ code, severity, message: `${cause ?? entry.cause} ${entry.action}`, fileName });
  }

  /** DICOMDIR, viewers, thumbnails: only counted. */
  clutter(): void {
    this.clutterCount += 1;
  }

  /** Whether a line names a file whose name begins so. */
  names(prefix: string): boolean {
    return this.lines.some(({ fileName }) => fileName?.startsWith(prefix));
  }

  get refused(): number {
    return [...this.counts].reduce((sum, [key, n]) => (key.startsWith("refused") ? sum + n : sum), 0);
  }

  all(): FindingLine[] {
    const lines = [...this.lines];
    for (const [key, seen] of this.counts) {
      const [severity, code] = key.split(" ") as [Severity, ErrorCode];
      const more = seen - namedAtMost[severity];
      if (more > 0)
        lines.push({ code, severity, message: `${more} more files: ${catalogueOf(code).cause}`, fileName: null });
    }
    const n = this.clutterCount;
    if (n > 0)
      lines.push({
        code: "left_out",
        severity: "warning",
        message:
          n === 1
            ? "1 file is not an image (DICOMDIR, viewer). It was left out."
            : `${n} files are not images (DICOMDIR, viewer). They were left out.`,
        fileName: null,
      });
    return lines;
  }
}
