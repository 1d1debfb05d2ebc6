"""Takes the deliveries that vesigate has verified: keeps each once, answers, and does the work later.

    gunicorn --bind 127.0.0.1:8000 --workers 2 django_app:application
    python3 django_app.py    # one process of these beside it, which does the work
"""
import hashlib
import json
import os
import time

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

FOLDER = os.environ.get("STATE_DIRECTORY", ".")
database = {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER + "/deliveries.db"}
settings.configure(ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, DATABASES={"default": database})
application = get_wsgi_application()


class Delivery(models.Model):
    id = models.CharField(primary_key=True, max_length=64)
    body = models.BinaryField()
    state = models.TextField(default="new")

    class Meta:
        app_label = "webhooks"


# In a project with a manage.py a migration does this.
connection.cursor().execute("""CREATE TABLE IF NOT EXISTS webhooks_delivery
    (id varchar(64) PRIMARY KEY, body BLOB NOT NULL, state text NOT NULL)""")


@csrf_exempt
def take(request):
    if request.headers.get("X-Verified") != "true":
        return HttpResponse(status=403)  # vesigate did not send this
    # Durable routes name each delivery. Elsewhere the same body is the same delivery.
    name = request.headers.get("X-Delivery-Id") or hashlib.sha256(request.body).hexdigest()
    Delivery.objects.get_or_create(id=name, defaults={"body": request.body})
    return HttpResponse()  # it is on disk, once, however often it comes


urlpatterns = [path("vesicash", take)]


def work():
    while True:
        for delivery in list(Delivery.objects.filter(state="new")[:10]):
            delivery.state = "done"
            try:
                handle(json.loads(delivery.body))
            except Exception as error:
                delivery.state = "failed: %r" % error
            delivery.save()
        time.sleep(0.2)


def handle(event):
    """What your business does about it. Here: a line in a file."""
    with open(FOLDER + "/payments.txt", "a") as file:
        file.write("{reference} {amount} {currency}\n".format(**event["data"]))


if __name__ == "__main__":
    work()
