internal import ArgumentParser
internal import Operations

/// The running daemon as the commands about its store ask it.
struct QueueDaemon {
  let client: ControlClient

  init(_ config: ConfigOption) throws { client = try ControlPlace(configPath: config.path).client() }

  /// What it answers; the command ends where it refuses, or is not there.
  func ask(_ request: QueueRequest) throws -> QueueAnswer {
    let answer: QueueAnswer
    do throws(ControlClient.Failure) {
      answer = try client.ask(request)
    } catch {
      complain("vesigate: \(error)")
      throw error.kind == .permission ? ExitStatus.permission : ExitStatus.unavailable
    }
    guard answer.ok else {
      complain("vesigate: \(answer.message)")
      throw ExitStatus.unavailable
    }
    return answer
  }
}
