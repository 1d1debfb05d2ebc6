"""Manual pages render, completions load, and what is said is there."""
import glob
import os
import re

from common import service
from common.shell import run

PAGES = ["8 vesigate", "8 vesigate-run", "8 vesigate-secret-rotate", "8 vesigate-secret-set", "8 vesigate-reload",
         "5 vesigate.yaml"]


def scenario(report, world):
    manual(report)
    completions(report)
    for path in ("copyright", "changelog*", "examples/credentials.conf", "examples/nginx-front.conf", "examples/Caddyfile",
                 "examples/webhook.php", "examples/Webhook.java", "examples/demo-app.py", "examples/containers/kubernetes.yaml"):
        found = glob.glob("/usr/share/doc/vesigate/" + path)
        report.check("/usr/share/doc/vesigate has its %s" % path.rstrip("*"), found, " ".join(found))


def manual(report):
    environment = dict(os.environ, LC_ALL="C.UTF-8", MANWIDTH="80", MAN_KEEP_STDERR="1")
    for page in PAGES:
        section, name = page.split()
        shown = run("man", "--warnings=w", section, name, env=environment)
        is_whole = "NAME" in shown.out and name in shown.out and len(shown.out) > 300
        report.check("man %s renders without a warning" % page, shown.code == 0 and is_whole and not shown.err.strip(),
                     shown.err or "%d lines" % len(shown.out.splitlines()))
    found = run("man", "--where", "vesigate-no-such-command")
    report.check("a page that is not there is not found", found.code != 0)


def completions(report):
    script = "source /usr/share/bash-completion/bash_completion; _completion_loader vesigate; complete -p vesigate"
    loaded = run("bash", "-c", script)
    function = re.search(r"-F (\S+)", loaded.out)
    report.check("bash's completion loads by itself", function, loaded)
    if function:
        words = run("bash", "-c", script + """
            COMP_WORDS=(vesigate se); COMP_CWORD=1; COMP_LINE="vesigate se"; COMP_POINT=11
            %s vesigate se vesigate; printf '%%s ' "${COMPREPLY[@]}" """ % function.group(1))
        report.check("and completes a command", {"secret", "send"} <= set(words.out.split()), words.out)
        words = run("bash", "-c", script + """
            COMP_WORDS=(vesigate send /); COMP_CWORD=2; COMP_LINE="vesigate send /"; COMP_POINT=15
            %s vesigate / send; printf '%%s ' "${COMPREPLY[@]}" """ % function.group(1))
        report.check("and a route", service.PATH in words.out.split(), words.out)
    for path in ("/usr/share/zsh/vendor-completions/_vesigate", "/usr/share/fish/vendor_completions.d/vesigate.fish"):
        with open(path) as file:
            text = file.read()
        report.check("%s knows the commands" % path, "rotate" in text and "reload" in text, "%d bytes" % len(text))
