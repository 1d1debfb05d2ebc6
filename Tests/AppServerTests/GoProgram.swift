import TestSupport

/// A program in Go, compiled once, of nothing but the standard library.
final class GoProgram: Sendable {
  let path: String
  private let directory: TemporaryDirectory

  static let app = Result { try GoProgram("app.go") }
  static let sender = Result { try GoProgram("sender.go") }

  private init(_ source: String) throws {
    directory = try TemporaryDirectory()
    path = directory.path + "/program"
    let compiler: ChildProcess
    do {
      compiler = try ChildProcess(
        ["go", "build", "-o", path, AppPlace.source(source)],
        environment: [
          "PATH": "/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin", "HOME": directory.path,
          "GOCACHE": directory.path + "/cache", "GO111MODULE": "off", "GOPROXY": "off",
          "GOTOOLCHAIN": "local",
        ])
    } catch {
      throw FixtureError("\(error): scripts/install-needs apps installs Debian's golang-go")
    }
    guard compiler.waitForExit(within: 60) == 0 else {
      throw FixtureError("go build: \(compiler.lines.joined(separator: "\n"))")
    }
  }
}
