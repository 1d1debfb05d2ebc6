"""What a scenario uses around the service, and what has to end with it."""
from common import service
from common.app import App
from common.sender import Sender


class World:
    def __init__(self, report):
        self.report = report
        self.open = []

    def keep(self, thing):
        """Has `thing` closed when the scenario ends."""
        self.open.append(thing)
        return thing

    def app(self, **options):
        return self.keep(App(**options))

    def sender(self, **options):
        return self.keep(Sender(**options))

    def close(self):
        for thing in reversed(self.open):
            thing.close()
        self.open = []
        service.remove_drop_ins()
