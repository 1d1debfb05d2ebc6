internal import Control
internal import Formats
internal import Glibc
internal import NIOCore

/// Asks the running daemon over its control socket. Every wait is bounded.
struct ControlClient {
  struct Failure: Error, CustomStringConvertible {
    enum Kind {
      /// Nobody listens: no socket, or none behind it.
      case absent
      case permission
      /// Somebody listens, and did not answer as a daemon does.
      case broken
    }

    let kind: Kind
    let description: String
  }

  static let answerBytesMax = 4 * 1_048_576

  let path: String

  /// What the daemon may take, in seconds: its own bound on `wait` is 60.
  private static func secondsMax(_ request: ControlRequest) -> Int {
    switch request {
    case .status, .report: 10
    case .reload: 30
    case .wait: 75
    }
  }

  /// `secondsMax` is how long to wait for the answer, where that is not all the time the daemon may take.
  func ask(_ request: ControlRequest, secondsMax: Int? = nil) throws(Failure) -> ControlReply {
    guard let reply = ControlReply(try bytes(request, secondsMax: secondsMax)) else { throw foreign }
    return reply
  }

  func report() throws(Failure) -> StatusReply {
    guard let reply = StatusReply(try bytes(.report)) else { throw foreign }
    return reply
  }

  private var foreign: Failure {
    Failure(kind: .broken, description: "what answers at \(path) is not this version of vesigate")
  }

  /// One that is closed without a word found all seats taken, which those who say nothing do not keep for long.
  private static let triesMax = 4

  private func bytes(_ request: ControlRequest, secondsMax: Int? = nil) throws(Failure) -> [UInt8] {
    for _ in 1..<Self.triesMax {
      let answer = try bytesOnce(request, secondsMax: secondsMax)
      guard answer.isEmpty else { return answer }
      FileThread.sleep(.milliseconds(300))
    }
    return try bytesOnce(request, secondsMax: secondsMax)
  }

  private func bytesOnce(_ request: ControlRequest, secondsMax: Int?) throws(Failure) -> [UInt8] {
    let descriptor = try connected()
    defer { close(descriptor) }
    let line = Array("\(request.rawValue)\n".utf8)
    // MSG_NOSIGNAL: one that hangs up is a failure, not the end of this process.
    guard send(descriptor, line, line.count, Int32(MSG_NOSIGNAL)) == line.count else {
      if errno == EPIPE { return [] }
      throw failure(errno)
    }
    return try answer(descriptor, secondsMax: secondsMax ?? Self.secondsMax(request))
  }

  func connected() throws(Failure) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw failure(errno) }
    var patience = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.utf8)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { place in
      guard name.count < place.count else { return false }
      place.copyBytes(from: name)
      return true
    }
    guard fits else {
      close(descriptor)
      throw failure(ENAMETOOLONG)
    }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else {
      let code = errno
      close(descriptor)
      throw failure(code)
    }
    return descriptor
  }

  /// Reads to the end of the answer.
  private func answer(_ descriptor: Int32, secondsMax: Int) throws(Failure) -> [UInt8] {
    let end = Clocks.now().uptimeNanoseconds + UInt64(secondsMax) * 1_000_000_000
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let now = Clocks.now().uptimeNanoseconds
      guard now < end else {
        throw Failure(
          kind: .broken, description: "the daemon at \(path) did not answer within \(secondsMax) s")
      }
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, Int32((end - now) / 1_000_000 + 1)) > 0 else { continue }
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == ECONNRESET, bytes.isEmpty { return [] }
      guard count >= 0 else { throw failure(errno) }
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= Self.answerBytesMax else {
        throw Failure(kind: .broken, description: "the answer at \(path) is too long")
      }
    }
  }

  private func failure(_ code: Int32) -> Failure {
    switch code {
    case ENOENT, ECONNREFUSED, ENOTDIR:
      Failure(kind: .absent, description: "no daemon answers at \(path)")
    case EACCES, EPERM:
      Failure(
        kind: .permission,
        description: "the user with id \(geteuid()) may not talk to the daemon at \(path)")
    default:
      Failure(
        kind: .broken, description: "cannot talk to the daemon at \(path): \(String(cString: strerror(code)))"
      )
    }
  }
}

/// What the daemon answered.
struct ControlReply {
  struct File {
    let path: String
    /// The current secret's first.
    let fingerprints: [String]
    /// When the journal that the daemon sees began, Unix milliseconds; nil when it sees none.
    let journalBegan: Int64?
    let counts: HoldCounts
    /// The same when the last rotation was announced; nil where the daemon knows of none.
    let atAnnouncement: HoldCounts?
  }

  let ok: Bool
  let generation: Int64
  let pid: Int64
  let message: String
  let files: [File]
  /// Of a reload that was taken; an older daemon tells none.
  let warnings: [String]

  /// Nil when the bytes are no answer of a daemon's.
  init?(_ bytes: [UInt8]) {
    guard let json = JSON.read(bytes), let ok = json["ok"]?.bool,
      let generation = json["generation"]?.integer(in: bytes), let pid = json["pid"]?.integer(in: bytes),
      let message = json["message"]?.text(in: bytes), let files = json["files"]
    else { return nil }
    self.ok = ok
    self.generation = generation
    self.pid = pid
    self.message = message
    warnings = json["warnings"]?.elements.compactMap { $0.text(in: bytes) } ?? []
    self.files = files.elements.compactMap { File($0, bytes) }
  }

  func file(_ path: String) -> File? { files.first { $0.path == path } }
}

extension ControlReply.File {
  fileprivate init?(_ json: JSON, _ bytes: [UInt8]) {
    guard let path = json["path"]?.text(in: bytes), let prints = json["fingerprints"] else { return nil }
    self.path = path
    fingerprints = prints.elements.compactMap { $0.text(in: bytes) }
    journalBegan = json["journal"]?["began"]?.integer(in: bytes)
    counts = HoldCounts { json[$0]?.integer(in: bytes) ?? 0 }
    atAnnouncement = json["atAnnouncement"].flatMap { announced in
      announced.isObject ? HoldCounts { announced[$0]?.integer(in: bytes) ?? 0 } : nil
    }
  }
}

/// What happened to deliveries of one secret file, since the daemon's start or in between.
struct HoldCounts {
  var held: Int64
  var rejudged: Int64
  var deferred: Int64
  var revoked: Int64

  init(_ count: (String) -> Int64) {
    held = count("heldTotal")
    rejudged = count("rejudged")
    deferred = count("deferred")
    revoked = count("revoked")
  }

  static func - (after: HoldCounts, before: HoldCounts) -> HoldCounts {
    var difference = after
    difference.held = after.held.subtractingSaturated(before.held)
    difference.rejudged = after.rejudged.subtractingSaturated(before.rejudged)
    difference.deferred = after.deferred.subtractingSaturated(before.deferred)
    difference.revoked = after.revoked.subtractingSaturated(before.revoked)
    return difference
  }
}
