internal import ArgumentParser
internal import Configuration
internal import Operations

struct ReloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload",
    abstract: "Make the running daemon read its configuration and its secret files again.",
    discussion: """
      All of it takes effect, or nothing. With --wait it returns when no delivery in flight can still be \
      judged by older secrets. It talks over the control socket; kill -HUP does the same without an answer.

      Exit codes: 0 done, 64 wrong usage, 69 no daemon answers, 75 deliveries in flight may still be judged \
      by older secrets, 77 permission denied, 78 the daemon refused the configuration: the old one stays in \
      force.

      Examples:
        vesigate check && vesigate reload
        vesigate reload --wait
      """)

  @OptionGroup var config: ConfigOption

  @Flag(help: "Wait until nothing in flight is judged by older secrets.")
  var wait = false

  func run() throws {
    guard let control = try ControlPlace(configPath: config.path).socket() else {
      complain(
        "vesigate: the control socket is switched off in the configuration (control: none): use kill -HUP")
      throw ExitStatus.unavailable
    }
    let client = ControlClient(path: control)
    var reply = try ask(client, .reload)
    guard reply.ok else {
      complain("vesigate: \(reply.message)")
      throw ExitStatus.configuration
    }
    let warnings = reply.warnings
    if wait { reply = try ask(client, .wait) }
    guard reply.ok else {
      complain("vesigate: reloaded, but \(reply.message)")
      throw ExitStatus.temporary
    }
    print(reply.message)
    for warning in warnings { complain("warning: \(warning)") }
    for file in reply.files { print("\(file.path)  \(file.fingerprints.joined(separator: ", "))") }
  }

  private func ask(_ client: ControlClient, _ request: ControlRequest) throws -> ControlAnswer {
    do throws(ControlClient.Failure) {
      return try client.ask(request)
    } catch {
      complain("vesigate: \(error)")
      if error.kind == .permission { throw ExitStatus.permission }
      try tellMistakes()
      throw ExitStatus.unavailable
    }
  }

  /// Where no daemon is there to refuse a configuration, its mistakes may be why.
  private func tellMistakes() throws {
    do throws(Problems) {
      _ = try ConfigurationFile.load(config.path, environment: ProcessEnvironment.read())
    } catch {
      throw SecretTarget.unusable(error)
    }
  }
}
