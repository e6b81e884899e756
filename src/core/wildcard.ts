/**
 * Whether a text is what a pattern says: `*` any characters, `?` one (PS3.4 C.2.2.2.4). In whatever case both are. Takes time as
 * the product of both lengths at most, whatever they hold.
 */
export function wildcardMatch(wanted: string, given: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < given.length) {
    if (wanted[at] === "*") {
      star = at++;
      resume = index;
    } else if (at < wanted.length && (wanted[at] === "?" || wanted[at] === given[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      index = ++resume;
    } else return false;
  }
  while (wanted[at] === "*") at += 1;
  return at === wanted.length;
}

/** The same, made ready once: plain texts between stars are looked for by the engine's own search. Pattern and text in one case. */
export function wildcard(pattern: string): (text: string) => boolean {
  if (pattern.includes("?")) return (text) => wildcardMatch(pattern, text);
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, at);
      if (found < 0 || found + piece.length > end) return false;
      at = found + piece.length;
    }
    return true;
  };
}

/**
 * Whether `wide` takes everything that `narrow` takes. Sure where it says so; of patterns with many stars it may miss some.
 * A star of the narrow one is only taken by a star, its question mark by either.
 */
export const wildcardCovers = (wide: string, narrow: string): boolean => {
  // reachable[j]: the first characters of `wide` so far can take all of `narrow` up to j.
  let reachable = Array.from({ length: narrow.length + 1 }, (_, index) => index === 0);
  for (const symbol of wide) {
    const next = reachable.map(() => false);
    for (let index = 0; index <= narrow.length; index++) {
      if (!(symbol === "*" ? reachable[index] || next[index - 1] : reachable[index - 1])) continue;
      const taken = narrow[index - 1];
      next[index] = symbol === "*" || (taken !== "*" && (symbol === "?" || symbol === taken));
    }
    reachable = next;
  }
  return reachable[narrow.length] ?? false;
};
