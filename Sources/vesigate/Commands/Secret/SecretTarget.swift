internal import ArgumentParser
internal import CLinux
internal import Configuration
internal import Gateway
internal import Operations
internal import Rotation
internal import Secrets
internal import Signing

/// Which secret file a command means.
struct SecretTargetOptions: ParsableArguments {
  @OptionGroup var config: ConfigOption

  @Option(
    help: ArgumentHelp("The secret file of this route.", valueName: "path"),
    completion: .custom { words, _, _ in Completions.routes(words) })
  var route: String?

  @Option(
    help: ArgumentHelp("This secret file; the configuration must name it.", valueName: "file"),
    completion: .custom { words, _, _ in Completions.secretFiles(words) })
  var secretFile: String?

  func validate() throws {
    guard route == nil || secretFile == nil else {
      throw ValidationError("give --route or --secret-file, not both")
    }
  }

  func load() throws -> Configuration { try SecretTarget.configuration(config.path) }

  /// The secret file that is meant.
  ///
  /// - Parameter rotating: prefers the files whose routes say how they are rotated.
  func target(rotating: Bool = false) throws -> SecretTarget {
    var target = try chosen(rotating: rotating)
    target.options = target.words(among: SecretTarget.all(try load()), configPath: config.path)
    return target
  }

  private func chosen(rotating: Bool) throws -> SecretTarget {
    let configuration = try load()
    let all = SecretTarget.all(configuration)
    if let route {
      guard let target = all.first(where: { $0.routes.contains { $0.path.text == route } }) else {
        let paths = configuration.routes.map(\.path.text)
        complain("vesigate: there is no route \(route); \(RouteChoice.known(paths, like: route))")
        throw ExitStatus.usage
      }
      return target
    }
    if let secretFile {
      guard let target = all.first(where: { $0.path == secretFile }) else {
        complain("vesigate: no route of \(config.path) uses \(secretFile)")
        throw ExitStatus.usage
      }
      return target
    }
    let candidates = rotating ? all.filter { $0.rotation != nil } : all
    guard candidates.count <= 1, let only = candidates.first ?? all.only else {
      let paths = configuration.routes.map(\.path.text)
      complain("vesigate: say which with --route: there are \(RouteChoice.shown(paths))")
      throw ExitStatus.usage
    }
    return only
  }
}

/// A secret file with the routes that use it.
struct SecretTarget {
  let path: String
  /// At least one.
  let routes: [RouteSettings]
  let control: String?
  /// What names this file to a command that is not told more: options, each behind a blank.
  var options = ""

  /// Routes that share a file agree on it.
  var rotation: RotationSettings? { routes.lazy.compactMap(\.rotation).first }
  var layout: SignatureLayout { routes[0].layout }

  var policy: PreviousPolicy {
    let settings = rotation ?? RotationSettings()
    let tolerances = routes.map(\.layout.tolerance).map { tolerance -> Int? in
      if case .seconds(let seconds) = tolerance { seconds } else { nil }
    }
    return PreviousPolicy(
      isTimestampSigned: layout.signed.contains(.timestamp),
      acceptedSeconds: settings.previousAcceptedSeconds,
      toleranceSeconds: tolerances.contains(nil) ? nil : tolerances.compactMap { $0 }.max(),
      clockSkewSeconds: settings.clockSkewSeconds)
  }

  /// What names it, as short as the next command understands it.
  func words(among all: [SecretTarget], configPath: String) -> String {
    let route = routes[0].path.text
    let isFirst = all.first { $0.routes.contains { $0.path.text == route } }?.path == path
    let which = isFirst ? ["--route", route] : ["--secret-file", path]
    return ((all.count > 1 ? which : []) + ConfigOption.words(configPath)).map { " " + $0.shellWord }.joined()
  }

  /// Reads the configuration; the secret files may be missing yet.
  static func configuration(_ path: String) throws -> Configuration {
    let environment = ProcessEnvironment.read()
    Privacy.keep()
    do throws(Problems) {
      return try ConfigurationFile.load(path, environment: environment).configuration
    } catch {
      throw unusable(error)
    }
  }

  /// Says what is wrong with the configuration, and with which code the command ends.
  static func unusable(_ problems: Problems) -> ExitCode {
    complain(problems.description)
    let isPermission = problems.all.allSatisfy { $0.kind == .permission }
    return isPermission ? ExitStatus.permission : ExitStatus.configuration
  }

  static func all(_ configuration: Configuration) -> [SecretTarget] {
    var order: [String] = []
    var routes: [String: [RouteSettings]] = [:]
    for route in configuration.routes {
      if routes[route.secretFile] == nil { order.append(route.secretFile) }
      routes[route.secretFile, default: []].append(route)
    }
    return order.map { SecretTarget(path: $0, routes: routes[$0] ?? [], control: configuration.control) }
  }

  /// What keeps a secret from being a line of this file: the end of a sentence.
  func flaw(in secret: Secret) -> String? {
    var copy = secret.withBytes { Array($0) }
    defer { wipe(&copy) }
    if let flaw = SecretFile.flaw(in: copy) { return flaw }
    return key(of: secret) == nil ? "is not \(layout.keyDecoding.rawValue), as key-decoding asks for" : nil
  }

  /// The HMAC key that a secret stands for.
  func key(of secret: Secret) -> Secret? { KeyDecoder.key(of: secret, layout.keyDecoding) }

  /// Says what is odd about a secret, which keeps it from nothing.
  func warn(of secret: Secret, isEntered: Bool) {
    let ofEntry = isEntered ? SecretAdvice.ofEntry(secret) : nil
    for advice in [ofEntry].compactMap({ $0 }) + SecretAdvice.all(secret, key: key(of: secret)) {
      complain("warning: the secret \(secret.fingerprint) \(advice)")
    }
  }

  // MARK: The folder

  func folder() throws -> SecretFolder {
    do throws(FileFailure) { return try SecretFolder(path) } catch { throw fail(error) }
  }

  /// Only one command at a time writes beside a secret file.
  func lock(_ folder: SecretFolder, command: String) throws -> SecretLock {
    for stranger in folder.strangers { complain("warning: \(stranger)") }
    do throws(LockFailure) {
      return try SecretLock(folder, command: "vesigate secret \(command)")
    } catch {
      switch error {
      case .file(let failure): throw fail(failure)
      case .held(let holder):
        complain(
          "vesigate: \(path) is being changed by \(holder): nothing was done, try again when it has ended")
        throw ExitStatus.temporary
      }
    }
  }

  /// The daemon, if one answers now.
  func status() -> ControlAnswer? { control.flatMap { try? ControlClient(path: $0).ask(.secrets) } }

  /// Refuses to replace the file where the daemon would not read the new one.
  func checkDaemonReads(_ folder: SecretFolder, _ daemon: DaemonUser?) throws {
    try checkDaemonCanRead(folder, daemon)
    try checkPlace(folder, daemon)
  }

  /// Refuses a place that the daemon would refuse, seen with its eyes where this process can.
  func checkPlace(_ folder: SecretFolder, _ daemon: DaemonUser?) throws {
    let look: () throws(FileFailure) -> Void = { () throws(FileFailure) in try folder.checkPlace() }
    if let daemon, case .some = try daemon.files.acting(look) { return }
    try look()
  }

  private func checkDaemonCanRead(_ folder: SecretFolder, _ daemon: DaemonUser?) throws {
    guard let daemon else { return }
    let file = folder.ownership
    let place = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    if !daemon.canRead(user: file.user, group: file.group, mode: file.mode) {
      let remedy =
        daemon.groups.contains(file.group)
        ? "chmod 0640 \(path)" : "chgrp \(daemon.files.groupName) \(place), then chmod 0640 \(path)"
      complain(
        "vesigate: the daemon's user \(daemon.name) could not read a new \(path): it would get the directory's "
          + "group (id \(file.group)) and mode 0\(String(file.mode, radix: 8)). Nothing was changed: \(remedy)"
      )
      throw ExitStatus.permission
    }
    if let obstacle = daemon.files.obstacle(above: path) {
      complain("vesigate: nothing was changed: the daemon's user \(daemon.name) \(obstacle)")
      throw ExitStatus.permission
    }
  }
}

extension Array {
  fileprivate var only: Element? { count == 1 ? first : nil }
}

/// What a process that holds secrets does first.
enum Privacy {
  static func keep() {
    CoreDumps.forbid()
    _ = vg_forbid_dumps()
  }
}
