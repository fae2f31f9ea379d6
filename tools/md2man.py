#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn a manual page in Markdown into roff (man macros).

usage: md2man.py PAGE.1.md VERSION > PAGE.1

Knows what the pages of docs/man use, and no more: headings, paragraphs, "term" + ": text"
definitions, "- " bullets, code (fenced or indented by four blanks), **bold**, *italic*, `code`.
Anything else in a line is text.
"""
import re
import sys

TITLE = re.compile(r"# ([\w-]+)\((\d)\)$")
MARK = re.compile(r"(#|##|###|:|-)\s+(?=\S)")
KINDS = {"#": "title", "##": "section", "###": "part", ":": "definition", "-": "bullet"}
SPAN = re.compile(r"\*\*(?P<bold>.+?)\*\*|\*(?P<italic>.+?)\*|`(?P<code>[^`]+)`")


def escape(text):
    """Plain text as roff shows it: no line may begin with a control character."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(['.])", r"\\&\1", text)


def unescape_markdown(text):
    return re.sub(r"\\([\\*_`<>\[\]])", r"\1", text)


def inline(text):
    """Text with its spans in bold, in italics, or (code) in bold."""
    out, at = [], 0
    for span in SPAN.finditer(text):
        out.append(escape(unescape_markdown(text[at:span.start()])))
        if span["italic"]:
            out.append("\\fI" + escape(unescape_markdown(span["italic"])) + "\\fR")
        elif span["bold"]:
            out.append("\\fB" + escape(unescape_markdown(span["bold"])) + "\\fR")
        else:
            out.append("\\fB" + escape(span["code"]) + "\\fR")
        at = span.end()
    out.append(escape(unescape_markdown(text[at:])))
    return "".join(out)


def blocks(lines):
    """Yield (kind, text): the paragraphs of the page, each with its lines joined; of code, a list
    of its lines."""
    kind, held, fenced = None, [], False
    for line in [*lines, ""]:
        if fence := line.startswith("```"):
            fenced = not fenced
        indented = line.startswith("    ") and (not held or kind == "code")
        if (fenced or indented) and not fence:
            kind = "code"
            held.append(line if fenced else line[4:])
            continue
        mark = MARK.match(line)
        if held and (not line or fence or mark or kind == "code"):
            yield kind, held if kind == "code" else " ".join(held)
            held = []
        if line and not fence:
            kind = KINDS[mark[1]] if mark else kind if held else "text"
            held.append(line[mark.end():] if mark else line.strip())


def convert(page, version):
    out, followed = [], list(blocks(page.splitlines())) + [(None, "")]
    for (kind, text), (next_kind, _) in zip(followed, followed[1:]):
        if kind == "title":
            name, section = TITLE.match("# " + text).groups()
            out.append(f'.TH "{name.upper()}" "{section}" "" "Fracas {version}" "User Commands"')
        elif kind in ("section", "part"):
            out.append((".SH " if kind == "section" else ".SS ") + inline(text))
        elif kind == "code":
            out += [".PP", ".RS 4", ".nf", *map(escape, text), ".fi", ".RE"]
        elif kind == "bullet":
            out += [".IP \\(bu 2", inline(text)]
        elif kind == "definition":
            out.append(inline(text))
        elif kind == "text":
            if next_kind == "definition":
                out.append(".TP")
            elif not out[-1].startswith(".S"):
                out.append(".PP")
            out.append(inline(text))
    return "\n".join(out) + "\n"


def main():
    with open(sys.argv[1], encoding="utf-8") as page:
        sys.stdout.write(convert(page.read(), sys.argv[2]))


if __name__ == "__main__":
    main()
