import Foundation

/// An application over TLS that sends exactly the records it is told, in exactly the segments: what lies decrypted
/// beside an answer, and what is still on its way, is then no accident.
///
/// A request for `/.../NAME` is answered by the script of that name, and where there is none by 200 and the name.
public final class TLSApp: Sendable {
  public let port: UInt16
  private let child: ChildProcess

  public enum Step: Sendable {
    /// Each text is a record of its own (or several, over 16 KiB), with bytes beside TLS behind them, as half a
    /// record; all of it leaves in one write.
    case send([String], bare: [UInt8] = [])
    case pause(milliseconds: Int)
    /// With a close_notify, or by the end of the connection alone.
    case close(says: Bool)
  }

  public struct Request: Sendable, Decodable {
    public let name: String
    /// Both count from 0.
    public let connection: Int
    public let turn: Int
    public let version: String
    /// Whether the connection was secured by the ticket of an earlier one.
    public let isResumed: Bool
  }

  /// - Parameters:
  ///   - versionMax: `TLSv1_2` or `TLSv1_3`.
  ///   - port: 0 for any that is free.
  public init(
    certificate: String, key: String, versionMax: String = "TLSv1_3", port wanted: UInt16 = 0,
    scripts: [String: [Step]] = [:]
  ) throws {
    let text = try JSONSerialization.data(withJSONObject: scripts.mapValues { $0.map(\.object) })
    let directory = try TemporaryDirectory()
    let path = try directory.write("scripts", String(decoding: text, as: UTF8.self))
    child = try ChildProcess(
      [
        "/usr/bin/env", "python3", "-u", "-c", TLSApp.program, certificate, key, versionMax, String(wanted),
        path,
      ],
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
    let line = try child.waitForLine(containing: "port ", within: 30)
    guard let number = UInt16(line.dropFirst("port ".count)) else { throw FixtureError(line) }
    port = number
    withExtendedLifetime(directory) {}
  }

  public var requests: [Request] {
    child.lines.compactMap { line in
      line.hasPrefix("{") ? try? JSONDecoder().decode(Request.self, from: Data(line.utf8)) : nil
    }
  }

  public func requests(named name: String) -> [Request] { requests.filter { $0.name == name } }

  /// The requests, once there are so many: what it says of one may come later than what it answers.
  public func requests(atLeast count: Int, within seconds: Double = 10) throws -> [Request] {
    guard eventually(within: seconds, { requests.count >= count }) else {
      throw FixtureError("the app saw \(requests.count) requests, not \(count)")
    }
    return requests
  }

  public var lines: [String] { child.lines }

  private static let program = """
    import base64, itertools, json, os, socket, ssl, sys, threading, time
    certificate, key, version, port, scripts = sys.argv[1:6]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.maximum_version = ssl.TLSVersion[version]
    scripts = json.load(open(scripts))
    numbers = itertools.count()
    # In one piece: several connections speak.
    def say(*words): os.write(1, (" ".join(map(str, words)) + "\\n").encode())
    class Connection:
        def __init__(self, peer, number):
            self.peer, self.number, self.unread = peer, number, b""
            self.coming, self.going = ssl.MemoryBIO(), ssl.MemoryBIO()
            self.tls = context.wrap_bio(self.coming, self.going, server_side=True)
        def flush(self):
            if self.going.pending: self.peer.sendall(self.going.read())
        def until(self, act):
            while True:
                try:
                    done = act()
                    self.flush()
                    return done
                except ssl.SSLWantReadError:
                    self.flush()
                    more = self.peer.recv(65536)
                    if not more: raise EOFError
                    self.coming.write(more)
        def read(self):
            more = self.until(lambda: self.tls.read(65536))
            if not more: raise EOFError
            self.unread += more
        def request(self):
            while b"\\r\\n\\r\\n" not in self.unread: self.read()
            head, _, self.unread = self.unread.partition(b"\\r\\n\\r\\n")
            lines = head.decode("latin1").split("\\r\\n")
            fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
            length = int(fields.get("content-length", "0"))
            while len(self.unread) < length: self.read()
            self.unread = self.unread[length:]
            return lines[0].split(" ")[1].split("/")[-1]
        def perform(self, steps):
            for step in steps:
                if "records" in step:
                    for record in step["records"]:
                        rest = base64.b64decode(record)
                        while rest: rest = rest[self.tls.write(rest):]
                    self.going.write(base64.b64decode(step["bare"]))
                    self.flush()
                elif "pause" in step: time.sleep(step["pause"] / 1000)
                elif "close" in step:
                    if step["close"]:
                        try: self.tls.unwrap()
                        except ssl.SSLError: pass
                        self.flush()
                    raise EOFError
        def serve(self):
            self.until(self.tls.do_handshake)
            for turn in itertools.count():
                name = self.request()
                say(json.dumps({"name": name, "connection": self.number, "turn": turn,
                    "version": self.tls.version(), "isResumed": self.tls.session_reused}))
                own = ("HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n%s" % (len(name), name)).encode()
                self.perform(scripts.get(name, [{"records": [base64.b64encode(own).decode()], "bare": ""}]))
    def serve(peer, number):
        with peer:
            try: Connection(peer, number).serve()
            except (EOFError, OSError) as error: say("connection", number, "ended:", repr(error))
    listener = socket.create_server(("127.0.0.1", int(port)), backlog=512)
    say("port", listener.getsockname()[1])
    while True:
        peer, _ = listener.accept()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve, args=(peer, next(numbers)), daemon=True).start()
    """
}

extension TLSApp.Step {
  /// As the program reads it.
  fileprivate var object: [String: any Sendable] {
    switch self {
    case .send(let texts, let bare):
      [
        "records": texts.map { Data($0.utf8).base64EncodedString() },
        "bare": Data(bare).base64EncodedString(),
      ]
    case .pause(let milliseconds): ["pause": milliseconds]
    case .close(let says): ["close": says]
    }
  }
}
