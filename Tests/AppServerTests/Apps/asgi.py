"""The app for uvicorn, and its start: the command line takes no part of a second."""
import hmac
import os
import sys

import uvicorn


async def body_of(receive):
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise EOFError
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def answer(send, status, body=b"", fields=()):
    await send({"type": "http.response.start", "status": status, "headers": list(fields)})
    await send({"type": "http.response.body", "body": body})


def length(body):
    return [(b"content-length", b"%d" % len(body))]


async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    name = scope["path"].split("/")[-1]
    if name.startswith("early"):
        return await answer(send, int(name[5:]), b"early", length(b"early"))
    body = await body_of(receive)
    if name == "bare":
        return await answer(send, 204)
    if name == "unchanged":
        return await answer(send, 304, fields=[(b"etag", b'"same"')])
    if name == "chunked":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(16):
            block = b"%015d\n" % number * 4096
            await send({"type": "http.response.body", "body": block, "more_body": True})
        return await send({"type": "http.response.body", "body": b""})
    witness = dict(scope["headers"]).get(b"x-witness", b"-").decode()
    line = "%s %d" % (hmac.new(b"witness", body, "sha256").hexdigest(), len(body))
    with open(os.environ["WITNESS_FILE"], "ab", 0) as file:
        file.write(("%s %s\n" % (witness, line)).encode())
    text = ("%s %d" % (line, scope["client"][1])).encode()
    await answer(send, 200, b"" if scope["method"] == "HEAD" else text, length(text))


if __name__ == "__main__":
    uvicorn.run(
        application, host="127.0.0.1", port=int(sys.argv[1]), timeout_keep_alive=float(sys.argv[2]),
        # Else the port is not the connection's: it is taken from X-Forwarded-For.
        proxy_headers=False, log_level="warning")
