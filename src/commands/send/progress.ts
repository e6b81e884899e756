/** Progress for people: a bar that redraws itself on a terminal, else a line at every tenth. */
export interface Progress {
  add(bytes: number): void;
  note(line: string): void;
  end(): void;
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

export function createProgress(totalBytes: number, write: (text: string) => void, terminal: boolean): Progress {
  let sent = 0;
  let tenth = 0;
  let drawn = false;
  const share = () => (totalBytes === 0 ? 1 : sent / totalBytes);
  const numbers = () => `${Math.floor(share() * 100)} %, ${megabytes(sent)} of ${megabytes(totalBytes)} MB`;
  const clear = () => {
    if (drawn) write("\r\u001b[K");
    drawn = false;
  };
  return {
    add(bytes) {
      sent += bytes;
      if (terminal) {
        const full = Math.floor(share() * 30);
        write(`\r\u001b[K[${"#".repeat(full)}${"-".repeat(30 - full)}] ${numbers()}`);
        drawn = true;
      } else if (Math.floor(share() * 10) > tenth) {
        tenth = Math.floor(share() * 10);
        write(`Uploading: ${numbers()}\n`);
      }
    },
    note(line) {
      clear();
      write(`${line}\n`);
    },
    end: clear,
  };
}
