#!/usr/bin/env python3
"""manual.py PROGRAM vesigate.yaml FOLDER: the manual pages, written from what the program says of itself
(--experimental-dump-help) and from the commented configuration. packaging/man holds what neither of them says."""
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys

EXTRA = pathlib.Path(__file__).parent / "man"
DATE = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)


def roff(text):
    """A text as roff: nothing in it is a request, and what is typed keeps its hyphens."""
    text = text.replace("\\", "\\e")
    text = re.sub(r"\S*(?:(?<!\w)-|[/_=:])\S*", lambda word: word[0].replace("-", "\\-"), text)
    return re.sub(r"(?m)^([.'])", r"\\&\1", text)


def code(text):
    return re.sub(r"^([.'])", r"\\&\1", text.replace("\\", "\\e").replace("-", "\\-"))


def item(head, *paragraphs):
    body = "\n.IP\n".join(roff(paragraph) for paragraph in paragraphs if paragraph)
    return f".TP\n{head}\n{body}\n"


def title(name, section):
    return f'.TH {name.upper()} {section} {DATE:%Y-%m-%d} vesigate "vesigate"\n'


# The commands.


def names(argument):
    """`-c`, `--config FILE` as they are typed."""
    dashes = {"short": "-", "long": "--", "longWithSingleDash": "-"}
    typed = [dashes[name["kind"]] + name["name"] for name in argument["names"]]
    typed.sort(key=len)
    value = f" \\fI{code(argument['valueName'])}\\fR" if argument["kind"] == "option" else ""
    return ", ".join(f"\\fB{code(name)}\\fR" for name in typed) + value


def usage(argument):
    value = f"\\fI{code(argument['valueName'])}\\fR"
    if argument["kind"] == "positional":
        text = value
    else:
        preferred = argument["preferredName"]
        text = f"\\fB{code(('-' if preferred['kind'] == 'short' else '--') + preferred['name'])}\\fR"
        if argument["kind"] == "option":
            text += "\\~" + value
    repeated = "\\|.\\|.\\|." if argument["isRepeating"] else ""
    return f"[{text}]{repeated}" if argument["isOptional"] else text + repeated


def shown(command):
    """Its arguments without those that every command has."""
    return [
        argument for argument in command.get("arguments", [])
        if argument["shouldDisplay"] and argument["valueName"] not in ("help", "version")
    ]


def subcommands(command):
    return [sub for sub in command.get("subcommands", []) if sub["commandName"] != "help"]


def exit_codes(discussion):
    """The discussion without its paragraph `Exit codes: 0 done, 64 ... . And more.`, that as a list, and the more."""
    match = re.search(r"Exit codes: (0 .*?)\.(?:\s+(.*)|$)", discussion, re.S)
    if not match:
        return discussion, [], ""
    sentence = " ".join(match[1].split())
    codes = re.findall(r"(\d+) (.*?)(?:[,;] (?=\d+ )|$)", sentence)
    return discussion[: match.start()].strip(), codes, match[2] or ""


def synopsis(command, path):
    bold = f".B {code(' '.join(path))}\n"
    if subcommands(command):
        return bold + ".I subcommand\n.RI [ options ]\n"
    return bold + "".join(f"{usage(argument)}\n" for argument in shown(command))


def description(argument):
    text = argument.get("abstract", "")
    default = argument.get("defaultValue")
    return f"{text} Default: {default}." if default and argument["kind"] != "flag" else text


def command_page(command, path):
    page = "-".join(path)
    discussion, codes, more = exit_codes(command.get("discussion", ""))
    out = title(page, 8)
    out += f".SH NAME\n{code(page)} \\- {roff(command['abstract'].rstrip('.'))}\n.SH SYNOPSIS\n"
    out += synopsis(command, path)
    paragraphs = [command["abstract"]] + discussion.split("\n\n")
    out += ".SH DESCRIPTION\n" + "\n.PP\n".join(roff(text) for text in paragraphs if text) + "\n"
    arguments = shown(command)
    if arguments:
        out += ".SH OPTIONS\n"
        for argument in arguments:
            positional = argument["kind"] == "positional"
            head = f"\\fI{code(argument['valueName'])}\\fR" if positional else names(argument)
            out += item(head, description(argument))
    below = subcommands(command)
    if below:
        out += ".SH COMMANDS\n"
        for sub in below:
            out += item(f".BR {code('-'.join(path + [sub['commandName']]))} (8)", sub["abstract"])
    if codes:
        out += ".SH EXIT STATUS\n" + "".join(item(f".B {number}", f"{text}.") for number, text in codes)
        out += f".PP\n{roff(more)}\n" if more else ""
    extra = EXTRA / f"{page}.8"
    if extra.exists():
        out += extra.read_text(encoding="utf-8")
    return page, out + see_also(path, below)


def see_also(path, below):
    pages = ["-".join(path[:depth]) for depth in range(1, len(path))]
    pages += ["-".join(path + [sub["commandName"]]) for sub in below]
    references = ["\\fBvesigate.yaml\\fR(5)"] + [f"\\fB{code(page)}\\fR(8)" for page in pages]
    return ".SH SEE ALSO\n" + ",\n".join(references) + ".\n"


def command_pages(command, path=()):
    path = [*path, command["commandName"]]
    yield command_page(command, path)
    for sub in subcommands(command):
        yield from command_pages(sub, path)


# The configuration.

SETTING = re.compile(r"^(?P<indent> *)(?:- )?(?P<hash>#?)(?P<text>[a-z][a-z-]*:.*)$")


def settings(lines):
    """What the commented file says, as ("text", prose) and ("setting", depth, text, note, prose, others)."""
    prose = []
    open_at = {}
    for line in lines:
        comment = re.match(r"^ *# (.*)", line)
        if comment and comment[1].startswith("or: "):
            # It belongs to the last setting that does not stand deeper.
            depth = (len(line) - len(line.lstrip())) // 2
            open_at[max(at for at in open_at if at <= depth)][5].append(comment[1].removeprefix("or: "))
        elif comment:
            prose.append(comment[1])
        elif setting := SETTING.match(line):
            depth = (len(setting["indent"]) + (2 if "- " in line[: setting.start("text")] else 0)) // 2
            text, _, note = setting["text"].partition(" # ")
            entry = ["setting", depth, text.strip(), note.strip(), " ".join(prose), []]
            open_at = {at: other for at, other in open_at.items() if at < depth} | {depth: entry}
            prose = []
            yield entry
        elif prose and not line.strip():
            yield ["text", " ".join(prose)]
            prose = []


def sections(lines):
    """{section: its entries}, in the file's order: a setting that opens a mapping opens a section, which ends where
    its depth does. "" is the top level."""
    found = {"": []}
    opened = [("", -1)]
    for entry in list(settings(lines)):
        if entry[0] == "text":
            found[""].append(entry)
            continue
        _, depth, text, _, prose, _ = entry
        while depth <= opened[-1][1]:
            opened.pop()
        name, _, value = text.partition(":")
        if value.strip():
            found[opened[-1][0]].append(entry)
        else:
            opened.append((name, depth))
            found[name] = [["text", prose]] if prose else []
            if entry[5]:
                found[name].append(["others", entry[5]])
    return found


def alternatives(others):
    """Each behind "or:", and what is said of it behind a dash."""
    pairs = (re.match(r"(.*?)(?:\s+#\s*(.*))?$", other).groups() for other in others)
    return "".join(
        f".RS\n.PP\nor:\n\\fI{code(text)}\\fR" + (f"\n\\(en {roff(note)}" if note else "") + "\n.RE\n" for text, note in pairs)


def setting_item(entry):
    _, _, text, note, prose, others = entry
    name, _, value = text.partition(":")
    return item(f"\\fB{code(name)}:\\fR\\fI{code(value)}\\fR", prose, note[:1].upper() + note[1:]) + alternatives(others)


def configuration_page(path):
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    example = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    out = title("vesigate.yaml", 5) + ".SH NAME\nvesigate.yaml \\- configuration of vesigate\n"
    out += ".SH SYNOPSIS\n.I /etc/vesigate/vesigate.yaml\n.SH DESCRIPTION\n"
    found = sections(lines)
    introduction = " ".join(entry[1] for entry in found[""] if entry[0] == "text")
    introduction = re.sub(r"Lines beginning.*?another way to write it\. ", "", introduction)
    out += roff(introduction) + "\n.PP\nA setting is shown with its default, or, where it has none, with an example.\n"
    out += ".SH EXAMPLES\nThe smallest useful file:\n.PP\n.EX\n" + "\n".join(map(code, example)) + "\n.EE\n"
    for name, entries in found.items():
        out += ".SH SETTINGS\n" if not name else f".SH SETTINGS UNDER \\(lq{code(name)}:\\(rq\n"
        for entry in entries:
            if entry[0] == "setting":
                out += setting_item(entry)
            elif entry[0] == "others":
                out += alternatives(entry[1])
            elif name:
                out += roff(entry[1]) + "\n"
    extra = (EXTRA / "vesigate.yaml.5").read_text(encoding="utf-8")
    return out + extra + ".SH SEE ALSO\n.BR vesigate (8),\n.BR vesigate\\-check (8).\n"


def main():
    program, configuration, folder = sys.argv[1:]
    dump = subprocess.run([program, "--experimental-dump-help"], capture_output=True, check=True).stdout
    target = pathlib.Path(folder)
    for page, text in command_pages(json.loads(dump)["command"]):
        (target / f"{page}.8").write_text(text, encoding="utf-8")
    (target / "vesigate.yaml.5").write_text(configuration_page(configuration), encoding="utf-8")


main()
