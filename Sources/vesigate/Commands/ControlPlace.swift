internal import ArgumentParser
internal import Configuration
internal import Operations

/// How a command finds the running daemon, and what it says of a file that is broken meanwhile. The daemon goes on by
/// the settings that it took, and may be asked whatever state the file is in.
struct ControlPlace {
  let configPath: String

  /// Of the file, `control:` is read and nothing else. Where not even that can be, it is what the environment says,
  /// the line that begins so, or the default, if a daemon answers there. Nil where the socket is switched off.
  func socket() throws -> String? {
    let environment = ProcessEnvironment.read()
    do throws(Problems) {
      return try ConfigurationFile.control(configPath, environment: environment)
    } catch {
      let isDefault = configPath == Configuration.fileDefault
      let likely =
        environment["VESIGATE_CONTROL"] ?? ConfigurationFile.controlLine(configPath)
        ?? (isDefault ? Configuration.controlDefault : nil)
      if let likely, (try? ControlClient(path: likely).ask(.secrets)) != nil { return likely }
      throw SecretTarget.unusable(error)
    }
  }

  /// By the file alone, and without a word where it does not say.
  var socketAsWritten: String? {
    try? ConfigurationFile.control(configPath, environment: ProcessEnvironment.read())
  }

  /// A client of the daemon.
  func client() throws -> ControlClient {
    guard let socket = try socket() else {
      complain("vesigate: the control socket is switched off in the configuration (control: none)")
      throw ExitStatus.unavailable
    }
    return ControlClient(path: socket)
  }

  /// The first thing that keeps the file from being used as it stands; nil where nothing does, or where it is not
  /// this user's to read.
  var trouble: String? {
    do throws(Problems) {
      _ = try ConfigurationFile.load(configPath, environment: ProcessEnvironment.read())
      return nil
    } catch {
      return error.all.first { $0.kind != .permission }.map(\.description)
    }
  }

  /// That the file is broken, and what says why.
  var broken: String? {
    guard trouble != nil else { return nil }
    return "\(configPath) cannot be used as it stands: vesigate check\(options) says why"
  }

  /// What another command needs to mean the same file, behind a blank.
  var options: String {
    ConfigOption.words(configPath).map { " " + $0.shellWord }.joined()
  }
}

extension ControlClient.Failure {
  /// How a command ends that could not ask.
  var exitStatus: ExitCode { kind == .permission ? ExitStatus.permission : ExitStatus.unavailable }
}
