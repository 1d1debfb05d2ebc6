import Foundation
import TestSupport

/// An app of a server that runs.
final class RunningApp {
  let server: AppServer
  let place: AppPlace
  private var processes: [PeerServer]

  /// What the app wrote of one request.
  struct Note: Sendable {
    let number: Int
    let digest: String
  }

  init(_ server: AppServer, keepAliveSeconds: Double) throws {
    self.server = server
    let directory = try TemporaryDirectory()
    try directory.write("seen", "")
    place = AppPlace(directory: directory, port: try FreePort.take(), keepAliveSeconds: keepAliveSeconds)
    processes = try server.start(place)
    try processes[0].wait { [place] in
      (try? RawClient(port: place.port)) != nil || (try? RawClient(unixPath: place.socket)) != nil
    }
  }

  var notes: [Note] {
    let data = FileManager.default.contents(atPath: place.directory.path + "/seen") ?? Data()
    return data.split(separator: 10).compactMap { line in
      let words = String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 1)
      return words.count == 2 ? Note(number: Int(words[0]) ?? -1, digest: String(words[1])) : nil
    }
  }

  /// As its operator would while it serves.
  func reload() throws {
    switch server.reload {
    case .signal(let number, let done):
      let before = processes[0].count(ofLinesContaining: done ?? "")
      // What stands behind a front is reloaded too.
      for process in processes.dropFirst() { process.signal(SIGUSR2) }
      processes[0].signal(number)
      guard let done else { return }
      eventually(within: 20) { processes[0].count(ofLinesContaining: done) > before }
    case .again:
      for process in processes { process.terminate() }
      processes = try server.start(place)
    }
  }

  /// What it said, for a failure's text.
  var lines: [String] { processes.flatMap { $0.lines.suffix(8) } }
}

extension PeerServer {
  fileprivate func count(ofLinesContaining text: String) -> Int { lines.count { $0.contains(text) } }
}
