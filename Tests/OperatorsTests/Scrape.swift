import Foundation
import TestSupport
import Testing

/// One answer to a scrape, taken apart.
struct Scrape {
  let text: String
  /// By the sample's name and labels as they stand there.
  let samples: [String: Double]

  init(_ text: String) {
    self.text = text
    var samples: [String: Double] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      guard let space = line.lastIndex(of: " ") else { continue }
      samples[String(line[..<space])] = Double(line[line.index(after: space)...])
    }
    self.samples = samples
  }

  subscript(_ name: String) -> Double? { samples[name] }

  /// All samples of a name whose labels contain these.
  func sum(_ name: String, _ labels: String...) -> Double {
    samples.filter { key, _ in
      key.split(separator: "{").first.map(String.init) == name && labels.allSatisfy(key.contains)
    }.reduce(0) { $0 + $1.value }
  }
}

/// A gateway whose admin listener is a unix socket in its own directory.
extension GatewayProcess {
  static func observed(
    _ upstreams: [String], route: String = "", more: String = "", workers: Int = 2, top: String = "",
    files: [String: String] = ["secret": GatewayProcess.secret + "\n"]
  ) throws -> GatewayProcess {
    let top = "control: {dir}/control.sock\nadmin: {listen: unix:{dir}/admin.sock}\n" + top
    let config = GatewayConfig.text(upstreams: upstreams, route: route, top: top, workers: workers)
    return try GatewayProcess(config: config + more, files: files)
  }

  func admin() throws -> RawClient { try RawClient(unixPath: directory.path + "/admin.sock") }

  func get(_ path: String, method: String = "GET") throws -> RawResponse {
    let client = try admin()
    try client.send("\(method) \(path) HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n")
    return try client.response(to: method)
  }

  func scrape() throws -> Scrape { Scrape(try get("/metrics").text) }

  /// Another command of the binary with this gateway's configuration.
  func command(_ arguments: String...) throws -> (status: Int32, lines: [String]) {
    try GatewayProcess.command(arguments + ["--config", configPath])
  }

  func post(_ request: SignedRequest) throws -> Int { try exchange(request.bytes).status }
}

/// Runs a tool to its end.
func run(_ arguments: [String], within seconds: Double = 60) throws -> (status: Int32, text: String) {
  let path = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
  let child = try ChildProcess(arguments, environment: path)
  guard let status = child.waitForExit(within: seconds) else {
    throw FixtureError("\(arguments) did not end within \(seconds) s")
  }
  return (status, child.lines.joined(separator: "\n"))
}

enum Project {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  static func text(_ path: String) throws -> String {
    try String(contentsOfFile: root + "/" + path, encoding: .utf8)
  }
}
