"""Programs that are run, each with a time limit."""
import subprocess
import time


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def text(self):
        return (self.out + "\n" + self.err).strip()

    def __str__(self):
        return "exit code %d, %s" % (self.code, self.text or "no output")


def run(*arguments, stdin="", seconds_max=90, **options):
    """Runs a program to its end, without a terminal. A program that hangs is ended: exit code -1."""
    try:
        done = subprocess.run(
            arguments, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
            timeout=seconds_max, **options)
    except subprocess.TimeoutExpired:
        return Result(-1, "", "ended after %d s: %s" % (seconds_max, " ".join(arguments)))
    return Result(done.returncode, done.stdout, done.stderr)


def must(*arguments, **options):
    result = run(*arguments, **options)
    if result.code != 0:
        raise RuntimeError("%s: %s" % (" ".join(arguments), result))
    return result


def eventually(condition, seconds_max=60, pause=0.1):
    """Whether it becomes true; its last value."""
    end = time.monotonic() + seconds_max
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(pause)
