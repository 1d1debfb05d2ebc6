"""What was seen, line by line, and the count."""
import traceback


class Report:
    def __init__(self, lines):
        self.lines = lines
        self.passed = 0
        self.failed = 0
        self.scenario = ""

    def begin(self, scenario):
        self.scenario = scenario
        print("# " + scenario, file=self.lines)

    def check(self, sentence, is_true, saw=""):
        """One line: `sentence` is what has to be true, `saw` is what was seen."""
        if is_true:
            self.passed += 1
        else:
            self.failed += 1
        seen = one_line(saw)
        print("%s %d - %s%s" % ("ok" if is_true else "not ok", self.passed + self.failed, sentence,
                                ": " + seen if seen else ""), file=self.lines)
        return bool(is_true)

    def broke(self, error):
        self.check("the scenario %s comes to its end" % self.scenario, False, repr(error))
        for line in traceback.format_exception(error)[-6:]:
            for part in line.rstrip().split("\n"):
                print("    " + part, file=self.lines)


def one_line(text, characters_max=300):
    text = " ".join(str(text).split())
    return text if len(text) <= characters_max else text[:characters_max] + "..."
