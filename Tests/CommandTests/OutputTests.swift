import Foundation
import TestSupport
import Testing

/// What a command results in goes out, or the command says that it does not.
@Suite(.ownThread) struct OutputTests {
  let fixture: CommandFixture

  init() throws { fixture = try CommandFixture() }

  /// Runs it with a standard output that the shell opens.
  private func vesigate(_ arguments: [String], output: String, input: String = "{}") throws -> Finished {
    try fixture.run(
      "/bin/bash",
      ["-c", "exec \"$0\" \"$@\" \(output)", GatewayBinary.path()] + GatewayBinary.asOneself(arguments),
      input: Array(input.utf8))
  }

  private var commands: [[String]] {
    get throws {
      let config = try fixture.writeConfiguration(secret: "a-secret-of-some-length")
      let secret = fixture.path("secret")
      return [
        ["secret", "new"], ["check", "--config", config], ["check", "--print", "--config", config],
        ["secret", "list", "--config", config], ["sign", "--secret-file", secret], ["version"], ["--version"],
        ["--help"], ["secret", "set", "--help"], ["--generate-completion-script", "bash"],
        ["secret", "set", "--config", config],
      ]
    }
  }

  @Test func `a result that finds no room ends with 74 and says so`() throws {
    for command in try commands {
      let ended = try vesigate(command, output: "> /dev/full", input: "another-secret-of-some-length")
      #expect(ended.status == 74, "\(command) \(ended.status)")
      #expect(
        ended.errors.hasSuffix(
          "vesigate: standard output: No space left on device; only what was to be told is missing\n"),
        "\(command) \(ended.errors)")
    }
    let secret = try String(contentsOfFile: fixture.path("secret"), encoding: .utf8)
    #expect(secret == "another-secret-of-some-length\n", "what was to be done is done all the same")
  }

  @Test func `a status that finds no room ends with 74, watched or not`() throws {
    let config = try fixture.writeConfiguration(secret: "a-secret-of-some-length")
    let text = try String(contentsOfFile: config, encoding: .utf8)
    try fixture.write("vesigate.yaml", "control: \(fixture.path("control.sock"))\n" + text)
    let report = #"{"version":"0","phase":"listening","reload":{},"routes":[]}"#
    let responder = try UnixResponder(path: fixture.path("control.sock"), answer: Array("\(report)\n".utf8))
    try withExtendedLifetime(responder) {
      for option in [[], ["--json"], ["--watch"]] {
        let ended = try vesigate(["status", "--config", config] + option, output: "> /dev/full")
        #expect(ended.status == 74, "\(option) \(ended.status)")
      }
    }
  }

  /// Its code is what the caller asked for.
  @Test func `a verdict that finds no room is the verdict, and is complained of`() throws {
    let config = try fixture.writeConfiguration(secret: "a-secret-of-some-length")
    let request = try fixture.write(
      "request", "POST /webhooks/vesicash HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
    let ended = try vesigate(["verify", "--config", config, request], output: "> /dev/full")
    #expect(ended.status == 1)
    #expect(ended.errors.contains("standard output: No space left on device"), "\(ended.errors)")
  }

  @Test func `a pipe that nobody reads any more is no success`() throws {
    let script = """
      exec 3> >(true); wait $!; "$0" "$@" >&3
      """
    let ended = try fixture.run(
      "/bin/bash", ["-c", script, GatewayBinary.path()] + GatewayBinary.asOneself(["secret", "new"]))
    #expect(ended.status == 74, "\(ended.status) \(ended.errors)")
    #expect(ended.errors == "", "as whoever pipes into head is used to")
  }

  /// Another program may have left a terminal or a pipe so.
  @Test func `a pipe that does not wait gets all of it`() throws {
    let config = try fixture.writeConfiguration(secret: "a-secret-of-some-length")
    let script = """
      import os, subprocess, sys, time
      reader, writer = os.pipe()
      os.set_blocking(writer, False)
      os.write(writer, b"x" * 65536)
      child = subprocess.Popen(sys.argv[1:], stdout=writer)
      os.close(writer)
      time.sleep(0.5)
      with open(reader, "rb") as pipe: sys.stdout.write(str(pipe.read().lstrip(b"x")))
      sys.exit(child.wait())
      """
    let ended = try fixture.run(
      "/usr/bin/python3",
      ["-c", script, GatewayBinary.path()] + GatewayBinary.asOneself(["check", "--config", config]))
    #expect(ended.status == 0 && ended.text.contains(": ok, "), "\(ended.status) \(ended.text)")
  }

  // MARK: A terminal

  /// A signal from elsewhere: Ctrl-C is a key like any other there.
  @Test(arguments: ["SIGTERM", "SIGINT"])
  func `a signal at the hidden prompt ends it, and leaves a terminal that shows what is typed`(signal: String)
    throws
  {
    let config = try fixture.writeConfiguration(secret: "a-secret-of-some-length")
    let script = """
      import os, pty, select, signal, sys, termios, time
      child, terminal = pty.fork()
      if child == 0: os.execv(sys.argv[2], sys.argv[2:])
      shown, end = b"", time.time() + 50
      hides = lambda: not termios.tcgetattr(terminal)[3] & termios.ECHO
      while time.time() < end and not (b"not shown" in shown and hides()):
          if select.select([terminal], [], [], 0.05)[0]: shown += os.read(terminal, 4096)
      print("hidden" if hides() else "shown", end=" ")
      # The terminal lasts as long as somebody has its other end.
      other = os.open(os.readlink("/proc/%d/fd/0" % child), os.O_RDWR | os.O_NOCTTY)
      os.kill(child, getattr(signal, sys.argv[1]))
      status = os.waitpid(child, 0)[1]
      print("hidden" if hides() else "shown", os.WTERMSIG(status) == getattr(signal, sys.argv[1]), end="")
      """
    let ended = try fixture.run(
      "/usr/bin/python3",
      ["-c", script, signal, GatewayBinary.path()]
        + GatewayBinary.asOneself(["secret", "set", "--config", config]))
    #expect(ended.text == "hidden shown True", "\(ended.text) \(ended.errors)")
  }
}
