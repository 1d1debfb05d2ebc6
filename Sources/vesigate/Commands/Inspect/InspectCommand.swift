internal import ArgumentParser
internal import Configuration
internal import Glibc
internal import Operations

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Say how to open the inspector: a page that shows deliveries.",
    usage: "vesigate inspect [<options>]",
    discussion: """
      Where the inspector has a unix socket it prints the line for ssh that brings it to your own machine. On a \
      terminal of the gateway's machine, or with --port, it also brings it to a port of 127.0.0.1 there until \
      Ctrl-C: for your own browser, and nobody else's, since it looks whose process each connection is. Where the \
      inspector listens on TCP, it prints a link that works once, within 15 minutes; only root and the daemon's own \
      user are given one.

      Exit codes: 0 done, 64 wrong usage, 69 no daemon answers, or it has no inspector, or the port is taken, 77 \
      permission denied, 78 the configuration does not say which daemon is meant.

      Examples:
        vesigate inspect
        sudo vesigate inspect --port 9465
      """)

  @OptionGroup var config: ConfigOption

  @Option(
    help: ArgumentHelp("Bring the inspector's socket to this port of 127.0.0.1.", valueName: "port"))
  var port: Int?

  func validate() throws {
    if let port, !(1...65_535).contains(port) { throw ValidationError("--port is from 1 to 65535") }
  }

  func run() throws {
    let answer = try asked()
    if let socket = answer.socket { return try open(socket) }
    guard let address = answer.address, let token = answer.token else {
      complain("vesigate: the daemon does not say where its inspector is")
      throw ExitStatus.unavailable
    }
    guard port == nil else {
      complain("vesigate: the inspector listens on \(address): --port is for a unix socket")
      throw ExitStatus.usage
    }
    for line in InspectText.link(address: address, token: token, actions: answer.actions) { print(line) }
  }

  private func asked() throws -> InspectAnswer {
    let client = try ControlPlace(configPath: config.path).client()
    let answer: InspectAnswer
    do throws(ControlClient.Failure) { answer = try client.inspect() } catch {
      complain("vesigate: \(error)")
      throw error.exitStatus
    }
    guard answer.ok else {
      complain("vesigate: \(answer.message)")
      throw answer.isForbidden ? ExitStatus.permission : ExitStatus.unavailable
    }
    return answer
  }

  // MARK: A socket

  private func open(_ socket: String) throws {
    let opensHere = port != nil || (Screen.isTerminal && getenv("SSH_CONNECTION") == nil)
    for line in InspectText.tunnel(socket: socket, host: Self.hostName) { print(line) }
    guard opensHere else { return }
    do throws(InspectRelay.Failure) {
      let relay = try InspectRelay(
        port: port ?? InspectText.portDefault, socket: socket, users: InspectRelay.ownUsers())
      for line in InspectText.here(port: port ?? InspectText.portDefault, host: Self.hostName) { print(line) }
      relay.run()
    } catch {
      complain("vesigate: \(error.sentence)")
      throw error.isPermission ? ExitStatus.permission : ExitStatus.unavailable
    }
  }

  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "HOST" }
    let text = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return text.isEmpty ? "HOST" : text
  }
}

/// What `inspect` says.
enum InspectText {
  static let portDefault = 9465

  static func tunnel(socket: String, host: String) -> [String] {
    [
      "The inspector is at \(socket). From your own machine, as a user of \(host) who may open that:",
      "  ssh -L \(portDefault):\(socket.shellWord) \(host.shellWord)",
      "Then open http://localhost:\(portDefault)/ in a browser.",
    ]
  }

  static func here(port: Int, host: String) -> [String] {
    [
      "Here it is at http://127.0.0.1:\(port)/ for your own processes, until Ctrl-C.",
      "Or over ssh, while this runs: ssh -L \(port):127.0.0.1:\(port) \(host.shellWord)",
    ]
  }

  static func link(address: String, token: String, actions: Bool) -> [String] {
    [
      "http://\(address)/login?token=\(token)",
      "It works once, within 15 minutes, and opens the inspector in one browser for an hour."
        + (actions ? "" : " Nothing can be changed there."),
    ]
  }
}
