internal import ArgumentParser
internal import Forwarding
internal import Gateway
internal import Secrets

/// Whether the upstreams of some routes accept connections, for whoever checks it.
struct UpstreamCheck {
  private let upstreams: [Upstream]
  private let reader: DaemonUser?

  /// - Parameter reader: whose permissions count, at sockets and files of keys; nil for whoever runs the command.
  init(_ routes: [Route], as reader: DaemonUser?) {
    var seen: Set<String> = []
    upstreams = routes.flatMap(\.upstreams).filter { seen.insert($0.key).inserted }
    self.reader = reader.flatMap { $0.user == 0 ? nil : $0 }
  }

  /// A line for each; the command ends where one accepts none.
  func run() throws {
    let answers = ask()
    for (upstream, answer) in zip(upstreams, answers) {
      guard let failure = answer.failure else {
        print("accepts  \(upstream.name)  (\(answer.milliseconds) ms)")
        continue
      }
      print("fails    \(upstream.name)  \(failure.kind.rawValue): \(failure.detail)")
    }
    let refused = answers.count { $0.failure != nil }
    guard refused > 0 else { return }
    complain("vesigate: \(refused) of \(upstreams.count) upstreams accept no connection\(whose)")
    throw ExitStatus.unavailable
  }

  private var whose: String { reader.map { " from \($0.name)" } ?? "" }

  private func ask() -> [UpstreamProbe.Answer] {
    guard let reader else { return UpstreamProbe.ask(upstreams) }
    if let answers = reader.files.acting({ UpstreamProbe.ask(upstreams) }) { return answers }
    complain("warning: upstreams are asked as root, who may not act as \(reader.name) here")
    return UpstreamProbe.ask(upstreams)
  }
}

extension Upstream {
  /// The same where the same is asked.
  fileprivate var key: String {
    [name, tls.caFile, tls.certificateFile, tls.keyFile, tls.versionMin.rawValue].map { $0 ?? "" }
      .joined(separator: "\n")
  }
}
