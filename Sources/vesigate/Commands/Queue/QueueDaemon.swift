internal import ArgumentParser
internal import Operations

extension StoreAnswer {
  /// Why nothing matches, where the daemon knows.
  var nothing: String? { message.isEmpty ? nil : message }
}

/// The running daemon as the commands about its store ask it.
struct QueueDaemon {
  let client: ControlClient

  init(_ config: ConfigOption) throws { client = try ControlPlace(configPath: config.path).client() }

  /// What it answers; the command ends where it refuses, or is not there.
  func ask(_ request: QueueRequest) throws -> QueueAnswer {
    let answer = try askWhatever(request)
    guard answer.ok else { throw fail(answer) }
    return answer
  }

  /// Likewise.
  func ask(_ request: QuarantineRequest) throws -> QuarantineAnswer {
    let answer = try askWhatever(request)
    guard answer.ok else {
      complain("vesigate: \(answer.message)")
      throw ExitStatus.unavailable
    }
    return answer
  }

  /// Says why not, and how the command ends.
  func fail(_ answer: QueueAnswer) -> ExitCode {
    complain("vesigate: \(answer.message)")
    return switch answer.refusal {
    case .permission: ExitStatus.permission
    case .absent, .unsealed: ExitStatus.refused
    case nil: ExitStatus.unavailable
    }
  }

  /// What it answers, be it a refusal.
  func askWhatever<Question: StoreQuestion>(_ request: Question) throws -> Question.Answer {
    do throws(ControlClient.Failure) {
      return try client.ask(request)
    } catch {
      complain("vesigate: \(error)")
      throw error.exitStatus
    }
  }

  /// It does not answer as this version's daemon does.
  var foreign: ExitCode {
    complain("vesigate: what answers at \(client.path) is not this version of vesigate")
    return ExitStatus.unavailable
  }

  /// Has a request ask for the page behind an answer's; what leads to no end is no answer of a daemon's.
  func turn(_ request: inout QueueRequest, to answer: QueueAnswer) throws {
    if let next = answer.before, let last = request.before, next >= last { throw foreign }
    request.before = answer.before
  }

  // MARK: Whole deliveries

  /// A body, or a request that was saved, with what is known of it.
  struct Whole {
    let stored: QueueAnswer.Stored
    let bytes: [UInt8]
  }

  /// Longer is no delivery: bodies are bounded, and heads are.
  static let wholeBytesMax = 128 << 20

  /// Asks for one part behind the other.
  ///
  /// - Parameter verb: `body` or `export`.
  /// - Returns: nil where `refused` has been told why not.
  func whole(
    _ verb: QueueRequest.Verb, _ id: String, refused: (QueueAnswer) throws -> Void
  ) throws -> Whole? {
    var request = QueueRequest(verb)
    request.id = id
    var bytes: [UInt8] = []
    while true {
      request.offset = bytes.count
      let answer = try askWhatever(request)
      guard answer.ok else {
        try refused(answer)
        return nil
      }
      guard let part = answer.part, part.offset == bytes.count, let more = part.bytes,
        part.bytesTotal <= Self.wholeBytesMax, part.stored.id == id
      else { throw foreign }
      bytes += more
      if bytes.count == part.bytesTotal { return Whole(stored: part.stored, bytes: bytes) }
      guard !more.isEmpty else { throw foreign }
    }
  }
}
