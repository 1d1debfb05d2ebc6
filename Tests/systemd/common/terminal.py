"""Commands as a person types them: in a shell on a terminal, where what asks is answered."""
import os
import pty
import re
import select
import signal
import time

# What a terminal is told of colours and the like.
SEQUENCE = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\r")


class Session:
    """One block of commands. `answers` are pairs of what is asked, a pattern, and what is then typed; each is used
    once, so that who asks again waits in vain."""

    def __init__(self, block, folder, answers=()):
        self.answers = list(answers)
        self.bytes = b""
        self.seen = 0
        self.code = None
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ.update(HOME="/root", TERM="xterm", LC_ALL="C.UTF-8")
            os.execv("/bin/bash", ["bash", "--norc", "-euo", "pipefail", "-c", block])

    @property
    def text(self):
        return SEQUENCE.sub(b"", self.bytes).decode(errors="replace")

    def wait(self, seconds_max=120):
        """Until it has ended; its exit code, -1 where it was ended."""
        end = time.monotonic() + seconds_max
        while self.code is None and time.monotonic() < end:
            self.turn()
        self.close()
        return self.code

    def wait_for(self, pattern, seconds_max=60):
        end = time.monotonic() + seconds_max
        while self.code is None and time.monotonic() < end and not re.search(pattern, self.text):
            self.turn()
        return re.search(pattern, self.text)

    def turn(self):
        if select.select([self.terminal], [], [], 0.1)[0]:
            try:
                self.bytes += os.read(self.terminal, 65536)
            except OSError:
                # The other end of it is closed.
                self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        unanswered = self.text[self.seen:]
        for pair in self.answers:
            asked = re.search(pair[0], unanswered)
            if asked:
                self.answers.remove(pair)
                self.seen += asked.end()
                # A person takes a moment, and what asks empties the line first.
                time.sleep(0.3)
                os.write(self.terminal, pair[1].encode())
                break

    def close(self):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.code = -1
        if self.terminal is not None:
            os.close(self.terminal)
            self.terminal = None
