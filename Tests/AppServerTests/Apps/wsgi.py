"""The app for gunicorn."""
import hmac
import os


def note(environ, body):
    line = "%s %d" % (hmac.new(b"witness", body, "sha256").hexdigest(), len(body))
    with open(os.environ["WITNESS_FILE"], "ab", 0) as file:
        file.write(("%s %s\n" % (environ.get("HTTP_X_WITNESS", "-"), line)).encode())
    return line


def blocks(count):
    return (b"%015d\n" % number * 4096 for number in range(count))


def application(environ, start_response):
    name = environ["PATH_INFO"].split("/")[-1]
    if name.startswith("early"):
        start_response(name[5:] + " Early", [("Content-Length", "5")])
        return [b"early"]
    if name == "bare":
        environ["wsgi.input"].read()
        start_response("204 No Content", [])
        return []
    if name == "unchanged":
        environ["wsgi.input"].read()
        start_response("304 Not Modified", [("ETag", '"same"')])
        return []
    if name == "chunked":
        environ["wsgi.input"].read()
        start_response("200 OK", [])
        return blocks(16)
    line = note(environ, environ["wsgi.input"].read())
    if name == "dying":
        os._exit(1)
    # Senders by a unix socket have no port.
    text = ("%s %s" % (line, environ.get("REMOTE_PORT") or 1)).encode()
    start_response("200 OK", [("Content-Length", str(len(text)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [text]
