"""Bodies and fields of senders that mean ill, each with the words that a page has to show of it."""

LINE_BYTES = 1 << 20

BODIES = {
    "ends the element that it is shown in": (
        b'</pre></code></textarea></title></style><script>document.title="taken over"</script>'
        b'<img src=x onerror=alert(1)><svg onload=alert(1)>',
        '</pre></code></textarea></title></style><script>document.title="taken over"</script>'),
    "says so within JSON": (
        b'{"event":"x","note":"</pre><script>alert(1)</script>","a&amp;b":"&lt;b&gt; &#60;"}',
        '</pre><script>alert(1)</script>'),
    "has NUL and other controls": (b'{"a":"before\x00after\x1b[31mred\x08\x7f"}', "before\u2400after\u241b[31mred\u2408\u2421"),
    "turns text around": (
        '{"file":"invoice\u202efdp.exe\u202c","two":"\u2067\u2066\u200f\u061c end"}'.encode(), "invoice[U+202E]fdp.exe[U+202C]"),
    "is no UTF-8": (b'{"a":"\xff\xfe\xc0\xaf\xed\xa0\x80 \xf4\x90\x80\x80 end"}', "\ufffd"),
    "is a mebibyte on one line": (b'{"long":"' + b"x" * (LINE_BYTES - 11) + b'"}', "x" * 1000),
    "is nested deeply": (b"[" * 20_000 + b"]" * 20_000, "[[["),
    "begins with an empty line": (b"\n\n  indented\n", "indented"),
    "is empty": (b"", ""),
}

# A sender's own fields; the gateway takes bytes above 0x7F there.
FIELDS = [("X-Note", '"><script>document.title="taken over"</script>'), ("X-Name", "caf\xe9 \xfe\xff"),
          ("X-Template", "{{constructor.constructor('alert(1)')()}}"), ("Cookie", "session=cookie-of-a-sender"),
          ("Authorization", "Bearer token-of-a-sender")]
CONCEALED = ("cookie-of-a-sender", "token-of-a-sender")
