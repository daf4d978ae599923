#!/usr/bin/env python3
"""Writes Sources/Text/Tables/*.swift and Tests/TextTests/Golden/nfkc.txt.

usage: Scripts/generate_unicode_tables.py confusables.txt

`confusables.txt` is https://www.unicode.org/Public/security/14.0.0/confusables.txt (UTS #39); the other properties come
from this Python's unicodedata, whose Unicode version must be the same. The tables are packed into ASCII text, because the
compiler takes a long string at once and a long array literal not.

One table is a list of tokens, each for one scalar or an arithmetic run of scalars:

    token   := mark* gap? run? "=" value ("." value)*        all numbers in hexadecimal
    gap     := scalars skipped since the last one of the token before
    run     := "*" count ("/" stride)?                       the only value grows by stride with the scalar
    mark    := "~" (compatibility mapping) | "!" (not used for composition)
"""
import gzip, os, random, re, sys, unicodedata as u

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
TABLES = os.path.join(ROOT, "Sources", "Text", "Tables")
LAST = 0x110000


def pack(entries, constant=False):
    """Tokens for `{scalar: (marks, [values])}`. `constant`: in a run the value stays the same."""
    tokens, keys, i, previous = [], sorted(entries), 0, -1
    while i < len(keys):
        key = keys[i]
        marks, values = entries[key]
        best = (1, 1)
        if len(values) == 1:
            for stride in (1, 2):
                n = 1
                while True:
                    k = key + n * stride
                    want = (marks, [values[0] + (0 if constant else n * stride)])
                    if entries.get(k) != want or (stride == 2 and k - 1 in entries):
                        break
                    n += 1
                if n > best[0]:
                    best = (n, stride)
        count, stride = best
        gap = key - previous - 1
        token = marks + (f"{gap:x}" if gap else "")
        if count > 1:
            token += f"*{count:x}" + (f"/{stride:x}" if stride > 1 else "")
        tokens.append(token + "=" + ".".join(f"{v:x}" for v in values))
        previous = key + (count - 1) * stride
        while i < len(keys) and keys[i] <= previous:
            i += 1
    assert unpack(tokens, constant) == entries
    return tokens


def unpack(tokens, constant):
    entries, at = {}, 0
    for token in tokens:
        marks, gap, count, stride, values = re.fullmatch(r"([~!]*)([0-9a-f]*)(?:\*([0-9a-f]+))?(?:/([0-9a-f]+))?=(.*)", token).groups()
        at += int(gap or "0", 16)
        values = [int(v, 16) for v in values.split(".")]
        count, stride = int(count or "1", 16), int(stride or "1", 16)
        for n in range(count):
            entries[at + n * stride] = (marks, values if len(values) > 1 else [values[0] + (0 if constant else n * stride)])
        at += (count - 1) * stride + 1
    return entries


def write(name, doc, tokens):
    lines, line = [], ""
    for token in tokens:
        if len(line) + len(token) + 1 > 150:
            lines.append(line)
            line = ""
        line += (" " if line else "") + token
    lines.append(line)
    with open(os.path.join(TABLES, f"PackedTables+{name}.swift"), "w") as out:
        out.write("// Written by Scripts/generate_unicode_tables.py from Unicode " + u.unidata_version + " data; see NOTICE.\n")
        out.write("// swift-format-ignore-file\n\nextension PackedTables {\n")
        variable = name[0].lower() + name[1:]
        out.write(f"  /// {doc}\n  static let {variable}: StaticString = \"\"\"\n")
        out.writelines(f"    {line}\n" for line in lines)
        out.write('    """\n}\n')
    print(name, len(tokens), "tokens", sum(len(t) + 1 for t in tokens), "bytes")


# One-level decompositions: pairs and singletons, canonical or compatibility.
def decompositions():
    table = {}
    for c in range(LAST):
        text = u.decomposition(chr(c))
        if not text:
            continue
        marks = "~" if text.startswith("<") else ""
        values = [int(x, 16) for x in text.split() if not x.startswith("<")]
        if not marks and len(values) == 2 and u.normalize("NFC", chr(values[0]) + chr(values[1])) != chr(c):
            marks = "!"
        table[c] = (marks, values)
    return table


def in_ranges(c, ranges):
    return any(a <= c <= b for a, b in ranges)


# Scripts that put no space between words: Han, kana, Bopomofo, Yi, and the South-East Asian ones.
NO_SPACE = [
    (0x0E00, 0x0EFF), (0x0F00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x1950, 0x19FF), (0x1A20, 0x1AAF), (0x1B00, 0x1B7F),
    (0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x302F), (0x3031, 0x303C), (0x3040, 0x312F), (0x31A0, 0x31BF), (0x31F0, 0x31FF),
    (0x3400, 0x4DBF), (0x4E00, 0xA4CF), (0xA980, 0xA9FF), (0xAA60, 0xAADF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x11700, 0x1174F),
    (0x16FE0, 0x18D8F), (0x1AFF0, 0x1B2FF), (0x20000, 0x3FFFD),
]
# Marks that may go without the word losing its letters: those shared by scripts, Hebrew points, Arabic and Syriac vowels.
# Vowel signs of Indic scripts, Thaana and Thai, and the kana voicing marks, stay.
REMOVABLE = [
    (0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670), (0x06D6, 0x06ED),
    (0x0711, 0x0711), (0x0730, 0x074A), (0x0898, 0x08FF), (0x1AB0, 0x1AFF), (0x1CD0, 0x1CFA), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF),
    (0xFE20, 0xFE2F), (0x101FD, 0x101FD), (0x102E0, 0x102E0), (0x1D165, 0x1D169), (0x1D16D, 0x1D172), (0x1D17B, 0x1D182),
    (0x1D185, 0x1D18B), (0x1D1AA, 0x1D1AD), (0x1D242, 0x1D244),
]
# Default_Ignorable_Code_Point less what is covered by category Cf, and the blank Braille pattern is a space.
IGNORABLE = [
    (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFFA0, 0xFFA0),
    (0xE0000, 0xE0FFF),
]
VISIBLE_FORMAT = [(0x0600, 0x0605), (0x06DD, 0x06DD), (0x070F, 0x070F), (0x0890, 0x0891), (0x08E2, 0x08E2), (0x110BD, 0x110BD), (0x110CD, 0x110CD)]
LETTER, MARK, NUMBER, SPACE, INVISIBLE, REMOVABLE_MARK, UNSPACED, DIGIT, FOLDABLE = 1, 2, 4, 8, 16, 32, 64, 128, 256


def classes():
    table = {}
    for c in range(LAST):
        category = u.category(chr(c))
        bits = 0
        if category[0] == "L":
            bits |= LETTER
        if category in ("Mn", "Mc"):
            bits |= MARK
        if category[0] == "N":
            bits |= NUMBER
        if category == "Nd":
            bits |= DIGIT
        if category[0] == "Z" or c in (9, 10, 11, 12, 13, 0x85, 0x2800):
            bits |= SPACE
        if (category == "Cf" and not in_ranges(c, VISIBLE_FORMAT)) or in_ranges(c, IGNORABLE) or (category == "Cc" and not bits):
            bits = INVISIBLE
        if category in ("Mn", "Me") and not bits & INVISIBLE and in_ranges(c, REMOVABLE):
            bits |= REMOVABLE_MARK
        if bits & (LETTER | MARK | NUMBER) and in_ranges(c, NO_SPACE):
            bits |= UNSPACED
        if chr(c).casefold() != chr(c):
            bits |= FOLDABLE
        if bits:
            table[c] = ("", [bits])
    return table


def combining_classes():
    return {c: ("", [u.combining(chr(c))]) for c in range(LAST) if u.combining(chr(c))}


def foldings():
    return {c: ("", [ord(x) for x in chr(c).casefold()]) for c in range(LAST) if chr(c).casefold() != chr(c)}


# Typographic signs that keyboards and phones put in place of ASCII ones.
SIGNS = {"'": "‘’‚‛ʼʻʽ′‵", '"': "“”„‟″‶", "-": "‐‑‒–—―−", "/": "⁄∕", ".": "․", "~": "∼"}


def signs():
    """Decimal digits of other scripts by value, and typographic signs."""
    table = {c: ("", [0x30 + u.decimal(chr(c))]) for c in range(0x80, LAST) if u.decimal(chr(c), None) is not None}
    table.update({ord(c): ("", [ord(sign)]) for sign, alike in SIGNS.items() for c in alike})
    return table


# Scripts whose letters are read as Latin even in a word that is wholly theirs, when every letter of the word has a Latin twin.
WHOLE_WORD = [
    (0x0080, 0x02AF), (0x0370, 0x03FF), (0x0400, 0x052F), (0x0531, 0x0587), (0x13A0, 0x13FF), (0x1400, 0x167F), (0x1D00, 0x1DBF),
    (0x1E00, 0x1FFF), (0x2C60, 0x2CFF), (0xA4D0, 0xA4FF), (0xA640, 0xA69F), (0xA720, 0xA7FF), (0xAB30, 0xABBF), (0x10280, 0x1034F),
    (0x10400, 0x1057F), (0x118A0, 0x118FF), (0x16F00, 0x16F9F), (0x1F130, 0x1F189), (0x249C, 0x24B5),
]


def spread(text, targets):
    return dict(zip(text, targets))


# Look-alikes that people use and UTS #39 does not list; `always` also in words without a Latin letter.
ALWAYS = {
    **spread("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz"),
    **{chr(0x1F150 + i): chr(97 + i) for i in range(26)},
    **{chr(0x1F170 + i): chr(97 + i) for i in range(26)},
    **{chr(0x249C + i): chr(97 + i) for i in range(26)},
    **{chr(0x1F110 + i): chr(97 + i) for i in range(26)},
    "ǝ": "e", "ə": "e", "ɘ": "e", "ɛ": "e", "ɐ": "a", "ɹ": "r", "ʇ": "t", "ʞ": "k", "ɥ": "h", "ʌ": "v", "ʍ": "m", "ɟ": "f", "ʎ": "y", "ı": "i",
    **spread("ᗩᑕᑎᑫᔕᗯ᙭", "acnqswx"), **spread("ᏗᏰᎴᏋᎦᎶᏂᎥᏠᏦᏝᎷᏁᎧᎮᎤᏒᏕᏖᏬᏉᏇᎩ", "abdefghijklmnopqrstuvwy"),
    "ɜ": "e", "ʃ": "s", "ʒ": "z", "ʟ": "l", "ɴ": "n", "ʜ": "h", "ɢ": "g", "ƈ": "c", "ɋ": "q", "ꝼ": "f", "ꞁ": "l", "ɾ": "r", "ȼ": "c",
}
IN_LATIN_WORD = {
    **spread("вгзийкмнптяцшщьэёлд", "breuikmhntrywwbeend"), **spread("ВГЗИЙКМНПТЯЦШЩЬЭЁЛД", "brenikmhntruwwbeeld"),
    **spread("βεζθκλμπτφχω", "bezoklmptfxw"), **spread("ΓΔΘΛΠΣΦΨΩ", "rdoapefwo"), "ς": "s", "∂": "d", "є": "e", "נ": "j", "€": "e", "£": "l", "₤": "l", "₱": "p", "₹": "r", "₽": "p",
    "₦": "n", "฿": "b", "₿": "b", "₲": "g", "₴": "s", "¥": "y", "₵": "c", "¢": "c", "₩": "w", "₫": "d", "₭": "k", "₮": "t", "₡": "c", "₥": "m",
    "Ο": "o", "І": "i", "Ӏ": "i", "Ι": "i",
}
DROP = set("ƍθϑΘϴΨƻƽƧƼ¡ЮЫ")


def latin(text):
    kept = "".join(c for c in u.normalize("NFKD", text) if u.category(c) not in ("Mn", "Me"))
    return kept.lower() if kept.isascii() and kept.isalnum() else None


def confusables(path):
    """{scalar: Latin look-alike} for whole-word use, and for use inside words that have a Latin letter."""
    always, inside = {}, {}
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8-sig") as lines:
        for line in lines:
            fields = line.split("#")[0].split(";")
            if len(fields) < 3:
                continue
            source = chr(int(fields[0], 16))
            target = latin("".join(chr(int(x, 16)) for x in fields[1].split()))
            if ord(source) < 0x80 or not target or len(target) > 2 or source in DROP or u.category(source)[0] not in "LS":
                continue
            if latin(u.normalize("NFKC", source).casefold()) and not u.category(source).startswith("S"):
                continue
            if u.category(source) in ("Sm", "So") and not in_ranges(ord(source), WHOLE_WORD):
                continue
            inside[source] = target.replace("l", "i") if target == "l" and u.category(source) == "Lu" else target
            if in_ranges(ord(source), WHOLE_WORD) and source.casefold() == source and u.category(source) in ("Ll", "Lo", "Lm"):
                always[source] = target
    inside.update(IN_LATIN_WORD)
    always.update(ALWAYS)
    for source, target in always.items():
        inside.setdefault(source, target)
    for table in (always, inside):
        for source in [s for s in table if len(u.normalize("NFKC", s)) == 1 and u.normalize("NFKC", s) != s]:
            del table[source]
    return tuple({ord(s): ("", [ord(x) for x in t]) for s, t in table.items()} for table in (always, inside))


def golden():
    """Texts and their NFKC with full case folding, to hold the composition code to the standard."""
    random.seed(14)
    pool = [c for c in range(0x20, 0x30000) if u.category(chr(c)) not in ("Cn", "Cs", "Co", "Cc") and c not in (0x85,)]
    marks = [c for c in pool if u.combining(chr(c)) or u.category(chr(c)) == "Mn"]
    special = [c for c in pool if u.decomposition(chr(c))] + list(range(0x1100, 0x1200)) + list(range(0x3041, 0x30FF)) + [0x3099, 0x309A]
    lines = []
    for n in range(3000):
        kinds = [random.choice((pool, marks, special, special)) for _ in range(random.randint(1, 6))]
        text = "".join(chr(random.choice(kind)) for kind in kinds)
        lines.append(hexes(text) + ";" + hexes(u.normalize("NFKC", text)))
    with open(os.path.join(ROOT, "Tests", "TextTests", "Golden", "nfkc.txt"), "w") as out:
        out.write("# text;NFKC, written by Scripts/generate_unicode_tables.py with Unicode " + u.unidata_version + "\n")
        out.writelines(line + "\n" for line in lines)


def hexes(text):
    return " ".join(f"{ord(c):X}" for c in text)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    always, inside = confusables(sys.argv[1])
    write("Decompositions", "One-level decompositions (UnicodeData field 5).", pack(decompositions()))
    write("CombiningClasses", "Canonical combining classes other than 0.", pack(combining_classes(), constant=True))
    write("Foldings", "Full case foldings (C and F).", pack(foldings()))
    write("Classes", "``ScalarClass`` bits.", pack(classes(), constant=True))
    write("Signs", "Decimal digits beyond ASCII by value, and typographic signs.", pack(signs()))
    write("LatinTwins", "Lower-case letters that look Latin, for words made only of such letters.", pack(always))
    write("LatinTwinsInLatinWords", "Letters and signs that stand for Latin ones inside a word with a Latin letter.", pack(inside))
    golden()


main()
