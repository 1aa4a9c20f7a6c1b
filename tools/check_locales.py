#!/usr/bin/env python3
"""Every language has the texts of English: the same keys, the same {placeholders}, and words of its own.

    check_locales.py [ROOT]

A text that reads the same as the English one is probably not translated; where it really is the same word, its key
stands in data/locales/LANG/same.txt. A key of same.txt that is no longer the same is reported too.
"""

import json
import re
import sys
from pathlib import Path

PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
PLURAL = re.compile(r"\.(one|many)$")


def read(folder):
    """{"file/key": text} of one language."""
    texts = {}
    for path in sorted(folder.glob("*.json")):
        for key, text in json.loads(path.read_text(encoding="utf-8")).items():
            texts[f"{path.stem}/{key}"] = text
    return texts


def same_words(folder):
    path = folder / "same.txt"
    return set(path.read_text(encoding="utf-8").split()) if path.exists() else set()


def compare(name, texts, english, allowed):
    """What is wrong with one language, a line each."""
    for key in sorted(english.keys() - texts.keys()):
        yield f"{name}: {key} is missing"
    for key in sorted(texts.keys() - english.keys()):
        yield f"{name}: {key} is not in en"
    for key in sorted(texts.keys() & english.keys()):
        text, original = texts[key], english[key]
        if not isinstance(text, str) or not text.strip():
            yield f"{name}: {key} is empty"
        elif sorted(set(PLACEHOLDER.findall(text))) != sorted(set(PLACEHOLDER.findall(original))):
            yield f"{name}: {key} has other placeholders than en"
        elif name != "en" and text == original and key not in allowed and needs_words(text):
            yield f"{name}: {key} is the English text; if that is right, put it in same.txt"
    for key in sorted(allowed):
        if key not in texts or texts[key] != english.get(key):
            yield f"{name}: {key} need not be in same.txt"


def needs_words(text):
    """Whether anything but placeholders and signs is left to translate."""
    return re.search(r"[A-Za-z]{2}", PLACEHOLDER.sub("", text)) is not None


def plurals(name, texts):
    for key in texts:
        if PLURAL.search(key):
            for form in ("one", "many"):
                other = PLURAL.sub(f".{form}", key)
                if other not in texts:
                    yield f"{name}: {other} is missing"


def problems(root):
    folders = sorted(p for p in (root / "data/locales").iterdir() if p.is_dir())
    english = read(root / "data/locales/en")
    for folder in folders:
        texts = read(folder)
        yield from compare(folder.name, texts, english, same_words(folder))
        yield from plurals(folder.name, texts)


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent)
    found = list(problems(root))
    for line in found:
        print(f"check_locales.py: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
