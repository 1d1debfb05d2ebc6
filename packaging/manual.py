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
    """The discussion without its sentence `Exit codes: 0 done, 64 ...`, and that as a list."""
    match = re.search(r"Exit codes: (0 .*?)(?:\.\s|\.$)", discussion, re.S)
    if not match:
        return discussion, []
    sentence = " ".join(match[1].split())
    codes = re.findall(r"(\d+) (.*?)(?:[,;] (?=\d+ )|$)", sentence)
    return (discussion[: match.start()] + discussion[match.end():]).strip(), codes


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
    discussion, codes = exit_codes(command.get("discussion", ""))
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
    last = None
    for line in lines:
        comment = re.match(r"^ *# (.*)", line)
        if comment and comment[1].startswith("or: "):
            last[5].append(comment[1].removeprefix("or: "))
        elif comment:
            prose.append(comment[1])
        elif setting := SETTING.match(line):
            depth = (len(setting["indent"]) + (2 if "- " in line[: setting.start("text")] else 0)) // 2
            text, _, note = setting["text"].partition("  #")
            last = ["setting", depth, text.strip(), note.strip(), " ".join(prose), []]
            prose = []
            yield last
        elif prose and not line.strip():
            yield ["text", " ".join(prose)]
            prose = []


def configuration_page(path):
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    out = title("vesigate.yaml", 5) + ".SH NAME\nvesigate.yaml \\- configuration of vesigate\n"
    out += ".SH SYNOPSIS\n.I /etc/vesigate/vesigate.yaml\n.SH DESCRIPTION\n"
    example = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    out += ".SS The smallest useful file\n.EX\n" + "\n".join(code(line) for line in example) + "\n.EE\n"
    body = ""
    preamble = []
    for entry in list(settings(lines)):
        if entry[0] == "text":
            preamble.append(entry[1])
            continue
        _, depth, text, note, prose, others = entry
        name, _, value = text.partition(":")
        if not value.strip():
            body += f".SH SETTINGS UNDER {code(name.upper())}:\n" + (roff(prose) + "\n" if prose else "")
            continue
        if depth == 0 and ".SH SETTINGS\n" not in body:
            body = ".SH SETTINGS\n" + body
        alternatives = "".join(f".br\n.RI \"or: \" \"{code(other)}\"\n".replace('""', '"') for other in others)
        body += item(f"\\fB{code(name)}:\\fR\\fI{code(value)}\\fR", capital(note), prose)
        body += "".join(f".IP\nor:\n\\fI{code(other)}\\fR\n" for other in others)
    preamble = [text.replace('lines beginning with "# or:"', 'lines beginning with "or:"') for text in preamble]
    intro = [re.sub(r"Lines beginning.*?another way to write it\. ", "", text) for text in preamble]
    intro.append("A setting is shown with its default, or, where it has none, with an example; or: shows another "
                 "way to write it.")
    out += "\n.PP\n".join(roff(text) for text in intro) + "\n" + body
    extra = EXTRA / "vesigate.yaml.5"
    return out + extra.read_text(encoding="utf-8") + ".SH SEE ALSO\n.BR vesigate (8),\n.BR vesigate\\-check (8).\n"


def capital(text):
    return text[:1].upper() + text[1:] + ("." if text and text[-1] not in ".;" else "")


def main():
    program, configuration, folder = sys.argv[1:]
    dump = subprocess.run([program, "--experimental-dump-help"], capture_output=True, check=True).stdout
    target = pathlib.Path(folder)
    for page, text in command_pages(json.loads(dump)["command"]):
        (target / f"{page}.8").write_text(text, encoding="utf-8")
    (target / "vesigate.yaml.5").write_text(configuration_page(configuration), encoding="utf-8")


main()
