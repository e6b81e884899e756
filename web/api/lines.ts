/** Reads an answer line by line and tells each as soon as it is whole; the last one needs no end. @returns all of its text */
export async function linesOf(answer: Response, onLine: (line: string) => void): Promise<string> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let told = 0;
  const tell = (end: number) => {
    for (const line of text.slice(told, end).split("\n")) if (line.trim() !== "") onLine(line);
    told = end;
  };
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) break;
    text += value;
    tell(text.lastIndexOf("\n") + 1);
  }
  tell(text.length);
  return text;
}
