import { describe, expect, test } from "bun:test";
import { system } from "../dev/stub-admin.ts";
import { emptied, madeStatistics } from "../dev/stub-statistics.ts";
import { boardDe } from "./board-words-de.ts";
import { type BoardWord, boardEn } from "./board-words-en.ts";
import { boardFr } from "./board-words-fr.ts";
import { figuresOf } from "./figures.ts";
import { tilesOf, worstOf } from "./tiles.ts";

test("what is filled into a text is the same in every language", () => {
  const blanks = (text: string) => [...new Set(text.match(/\{\w+/g) ?? [])].sort();
  for (const [word, text] of Object.entries(boardEn))
    for (const other of [boardDe, boardFr])
      expect([word, ...blanks(other[word as BoardWord])]).toEqual([word, ...blanks(text)]);
});

describe("the figures", () => {
  const figure = (id: string, all = madeStatistics("day")) => {
    const found = figuresOf(all, "day").find((it) => it.id === id);
    if (found === undefined) throw new Error(`no figure ${id}`);
    return found;
  };
  test.each(["volume", "time", "network", "modalities", "places"])("%s: the table says what is drawn", (id) => {
    const { labels, lines, rows, head, read } = figure(id);
    expect(lines.length).toBeGreaterThan(0);
    for (const row of rows) expect(row.length).toBe(head.length);
    const drawn = rows.slice(-labels.length);
    expect(drawn.map(([name]) => name)).toEqual([...labels]);
    for (const { values, form } of lines) {
      expect(values.length).toBe(labels.length);
      if (form === "dots" || id === "places") continue;
      values.forEach((value, at) => {
        expect(drawn[at]).toContain(value === null ? "–" : read(value));
      });
    }
  });
  test("what there is nothing of is said, not drawn", () => {
    const all = emptied(madeStatistics("day"));
    expect([figure("time", all).lines, figure("network", all).lines]).toEqual([[], []]);
    expect(figure("network", all).text).toBe(boardEn.network_none);
    expect(figure("time", all).rows[0]?.slice(2)).toEqual(["–", "–"]);
  });
  test("the site stands before its destinations, with what they come to together", () => {
    const { rows } = figure("places");
    expect(rows[0]?.[0]).toContain("North Clinic");
    const count = (row: readonly string[] | undefined, at: number) => Number(row?.[at]?.replaceAll(",", ""));
    for (const at of [1, 3, 4])
      expect(count(rows[0], at)).toBe(rows.slice(1).reduce((sum, row) => sum + count(row, at), 0));
  });
});

describe("the dashboard", () => {
  const now = Date.now();
  const hours = (n: number) => new Date(now - n * 3_600_000).toISOString();
  const { backup, disk, storage, tls, deliveries } = system();
  const fixes = [
    ["the disk is full", { disk: { ...disk, free_bytes: 1 } }, "storage"],
    ["something is stuck", { deliveries: { ...deliveries, parked: 3 } }, "parked"],
    ["there is no destination", { destinations: { total: 0, down: 0 } }, "destinations"],
    ["a destination is down", { destinations: { total: 2, down: 1 } }, "destinations"],
    ["the certificate ends soon", { tls: { ...tls, valid_until: hours(-48) } }, "storage"],
    ["the backup failed", { backup: { ...backup, failed_at: hours(1) } }, "storage"],
    ["the backup is old", { backup: { ...backup, last_at: hours(72) } }, "storage"],
  ] as const;
  test.each(fixes)("the main button leads to it: %s", (_, over, leads) => {
    expect(worstOf(system(over), now)?.leads).toBe(leads);
  });
  test("the worst of several comes first, in this order, and of nothing there is none", () => {
    const all = Object.assign({}, ...fixes.map(([, over]) => over));
    expect(worstOf(system(all), now)?.leads).toBe("storage");
    expect(worstOf(system({ ...all, disk }), now)?.leads).toBe("parked");
    expect(worstOf(system({ ...all, disk, deliveries }), now)?.leads).toBe("destinations");
    expect(worstOf(system(), now)).toBeNull();
  });
  test("a tile is coloured by what it means", () => {
    const tone = (name: string, over: Parameters<typeof system>[0]) =>
      tilesOf(system(over)).find((tile) => tile.name === name)?.tone;
    const lately = { failed_today: 2, success_rate: 0.9, median_seconds_to_archive: 901 };
    for (const name of [boardEn.tile_failed, boardEn.tile_success, boardEn.tile_median]) {
      expect([name, tone(name, { lately })]).toEqual([name, "warn"]);
      expect([name, tone(name, {})]).toEqual([name, "good"]);
    }
    expect(tone(boardEn.tile_room, { storage: { ...storage, days_left: 3 } })).toBe("warn");
    expect(tone(boardEn.tile_room, { disk: { free_bytes: 1, kept_bytes: 2 } })).toBe("bad");
    expect(tone(boardEn.tile_room, {})).toBe("good");
  });
  test("room for longer than a year is not counted in days", () => {
    const value = (days_left: number) =>
      tilesOf(system({ storage: { ...storage, days_left } })).find(({ name }) => name === boardEn.tile_room)?.value;
    expect([value(300.5), value(32_900)]).toEqual(["300 days", boardEn.tile_room_years]);
  });
});
