internal import NIOCore
internal import Operations
internal import Rotation

/// The running daemon as the secret commands see it, for one secret file.
final class ControlDaemon: RotationDaemon {
  /// What the daemon has counted since the rotation was announced, be it by an earlier command.
  private(set) var meanwhile: ControlAnswer.Totals?
  private(set) var generation: Int?
  /// Nobody listens on the control socket, and that is allowed.
  private(set) var isAbsent = false
  /// It runs, and no route of the configuration that it has taken uses the file.
  private(set) var isFileUnused = false

  private let client: ControlClient?
  private let path: String
  private let mayBeAbsent: Bool
  /// The file's current fingerprint, which the daemon must have too.
  private let current: String?

  /// A file that was just renamed is looked at again before it counts.
  private static let looksMax = 5

  init(control: String?, path: String, current: String?, mayBeAbsent: Bool) {
    client = control.map(ControlClient.init)
    self.path = path
    self.current = current
    self.mayBeAbsent = mayBeAbsent
  }

  func confirmJournal(began: Int64) throws(Unconfirmed) {
    guard let reply = try ask() else { return }
    let file = try file(in: reply)
    guard file.journal?.began == began else {
      throw Unconfirmed("the daemon does not see \(path).journal: it may read another directory")
    }
    if let current, let known = file.fingerprints.first, known != current {
      throw Unconfirmed(
        "the daemon judges by secret \(known), but \(path) holds \(current): its log says why it refused that"
      )
    }
  }

  func confirmSecret(fingerprint: String) throws(Unconfirmed) {
    var last = Unconfirmed("the daemon was not asked")
    for look in 1...Self.looksMax {
      guard let reply = try ask() else { return }
      let file = try file(in: reply)
      let known = file.fingerprints.first ?? "none"
      if known == fingerprint, reply.ok {
        meanwhile = file.countsMeanwhile
        generation = reply.generation
        return
      }
      last =
        known == fingerprint
        ? Unconfirmed("the daemon has the new secret; \(reply.message)")
        : Unconfirmed("the daemon still judges by secret \(known): its log says why")
      if look < Self.looksMax { FileThread.sleep(.seconds(1)) }
    }
    throw last
  }

  func rotationEnded() {
    // What was still held is answered now, and belongs to the account of this rotation.
    // The look has been done when the answer is late: a slow sender is not waited for.
    guard meanwhile != nil, let reply = try? client?.ask(.wait, secondsMax: 3),
      let file = try? file(in: reply)
    else { return }
    meanwhile = file.countsMeanwhile
  }

  /// The answer to `wait`; nil where nobody listens and that is allowed.
  private func ask() throws(Unconfirmed) -> ControlAnswer? {
    guard let client else {
      if mayBeAbsent { return absent() }
      throw Unconfirmed("the control socket is switched off in the configuration (control: none)")
    }
    do throws(ControlClient.Failure) {
      return try client.ask(.wait)
    } catch {
      if mayBeAbsent, error.kind == .absent { return absent() }
      throw Unconfirmed(error.description)
    }
  }

  private func absent() -> ControlAnswer? {
    isAbsent = true
    return nil
  }

  private func file(in reply: ControlAnswer) throws(Unconfirmed) -> ControlAnswer.File {
    guard let file = reply.file(path) else {
      isFileUnused = true
      throw Unconfirmed("the daemon does not use \(path): make it read its configuration (vesigate reload)")
    }
    return file
  }

  /// What happened to deliveries meanwhile, as a sentence; nil when nobody counted.
  var deliveriesMeanwhile: String? {
    guard let counts = meanwhile else { return nil }
    let revoked =
      counts.revoked > 0 ? ", \(counts.revoked) refused that only the compromised secret verified" : ""
    return
      "deliveries meanwhile: \(counts.held) held, \(counts.rejudged) of them verified by the new secret, "
      + "\(counts.deferred) answered 503 for their sender to try again\(revoked)"
  }
}

extension ControlAnswer.File {
  fileprivate var countsMeanwhile: ControlAnswer.Totals? { atAnnouncement.map { totals - $0 } }
}
