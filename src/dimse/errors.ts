/** What went wrong between two application entities; socket errors keep their own class and code. */
export type DimseFault =
  | "timeout"
  | "closed"
  | "aborted"
  | "protocol"
  | "busy"
  | "rejected-transient"
  | "rejected-permanent";

/** A fault of the upper layer or of the peer's messages. The text holds codes only, nothing that the peer wrote. */
export class DimseError extends Error {
  override readonly name = "DimseError";
  constructor(
    readonly fault: DimseFault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The peer broke a rule of PS3.7 or PS3.8. */
export const protocolError = (what: string): DimseError => new DimseError("protocol", `The peer's ${what}.`);
