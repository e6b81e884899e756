"""Makes the fonts of this folder out of the npm packages that README.md names: python3 make.py NODE_MODULES [NAME...]

TrueType, without hints (pages are printed or zoomed), brotli: fontkit reads WOFF2 but cannot embed a subset of it.
Needs fonttools and brotli.
"""
import io, sys
from pathlib import Path
import brotli
from fontTools import subset
from fontTools.ttLib import TTFont

modules, here = Path(sys.argv[1]), Path(__file__).parent
expo, source = modules / "@expo-google-fonts", modules / "@fontsource"
symbols = [*range(0x2190, 0x2400), *range(0x25A0, 0x2600), 0x2605, 0x2606, 0x2640, 0x2642, 0x2713]
titles = range(0x20, 0x7F)
boxes = [*range(0x2610, 0x2613), *range(0x2714, 0x2719)]
fonts = {
    "noto-sans": (expo / "noto-sans/400Regular/NotoSans_400Regular.ttf", None),
    "noto-sans-bold": (expo / "noto-sans/700Bold/NotoSans_700Bold.ttf", titles),
    "noto-sans-arabic": (expo / "noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf", None),
    "noto-sans-hebrew": (source / "noto-sans-hebrew/files/noto-sans-hebrew-hebrew-400-normal.woff2", None),
    "noto-sans-jp": (source / "noto-sans-jp/files/noto-sans-jp-japanese-400-normal.woff2", None),
    "noto-sans-kr": (source / "noto-sans-kr/files/noto-sans-kr-korean-400-normal.woff2", None),
    "noto-sans-sc": (source / "noto-sans-sc/files/noto-sans-sc-chinese-simplified-400-normal.woff2", None),
    "noto-sans-tc": (source / "noto-sans-tc/files/noto-sans-tc-chinese-traditional-400-normal.woff2", None),
    "noto-sans-math": (source / "noto-sans-math/files/noto-sans-math-latin-400-normal.woff2", symbols),
    "noto-sans-symbols-2": (source / "noto-sans-symbols-2/files/noto-sans-symbols-2-symbols-400-normal.woff2", boxes),
}

for name, (path, only) in fonts.items():
    if len(sys.argv) > 2 and name not in sys.argv[2:]:
        continue
    font = TTFont(path, recalcTimestamp=False)
    font.flavor = None
    options = subset.Options(hinting=False, notdef_outline=True, name_IDs=["*"], drop_tables=["STAT", "MATH", "vhea", "vmtx", "DSIG", "gasp"])
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=only or font.getBestCmap())
    cutter.subset(font)
    # Static instances of variable fonts carry the name of the thinnest.
    for record in font["name"].names:
        if record.nameID in (1, 4, 6):
            record.string = record.toUnicode().replace(" Thin", "").replace("Thin", "")
    file = io.BytesIO()
    font.save(file)
    packed = brotli.compress(file.getvalue(), quality=11, lgwin=24)
    (here / f"{name}.ttf.br").write_bytes(packed)
    print(name, len(font.getBestCmap()), len(file.getvalue()), len(packed), flush=True)
