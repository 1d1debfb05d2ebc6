/// Settings from the environment: `VESIGATE_LIMITS_BODY_BYTES_MAX` stands for `limits.body-bytes-max`. They
/// replace what the file says before anything is checked, so both go the same way.
enum Environment {
  static let prefix = "VESIGATE_"

  /// Puts the variables into the tree; unknown ones are reported.
  static func apply(_ environment: [String: String], to root: inout YAMLNode, report: Report) {
    let settings = Dictionary(uniqueKeysWithValues: Schema.overridable.map { (variable(for: $0), $0) })
    for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix(prefix) {
      let place = Place.environment("".appendingSetting(name))
      guard let setting = settings[name] else {
        tell(of: name, at: SourcePlace(place: place, path: ""), among: settings, report)
        continue
      }
      root.set(setting.split(separator: ".").map(String.init)[...], to: node(setting, value, place), place)
    }
  }

  private static func tell(
    of name: String, at source: SourcePlace, among settings: [String: String], _ report: Report
  ) {
    if let gone = Schema.top.gone.first(where: { variable(for: $0.key) == name }) {
      report.warn(source, "\(gone.value): leave it unset")
    } else if !isServiceLink(name) {
      report.refuse(source, sentence(forUnknown: name, among: settings))
    }
  }

  private static func sentence(forUnknown name: String, among settings: [String: String]) -> String {
    // Without the prefix, which makes all of them look alike.
    let known = settings.keys.sorted().map { String($0.dropFirst(prefix.count)) }
    let near = Suggestion.nearest(to: String(name.dropFirst(prefix.count)), among: known)
    return "unknown" + (near.map { ", did you mean \(prefix)\($0)?" } ?? "")
  }

  static func variable(for setting: String) -> String {
    prefix + String(setting.uppercased().map { $0 == "-" || $0 == "." ? "_" : $0 })
  }

  /// Whether Kubernetes sets it in each pod beside a service whose name begins with `vesigate`, such as
  /// `vesigate-metrics`: what has a setting's name is that setting all the same. Its
  /// forms are `<NAME>_SERVICE_HOST`, `<NAME>_SERVICE_PORT[_<PORT NAME>]` and
  /// `<NAME>_PORT[_<number>_<protocol>[_<what>]]`.
  private static func isServiceLink(_ name: String) -> Bool {
    let words = name.split(separator: "_", omittingEmptySubsequences: false).dropFirst()
    return words.indices.contains { index in
      let rest = Array(words[index...])
      return rest == ["SERVICE", "HOST"] || rest.starts(with: ["SERVICE", "PORT"]) || isPortLink(rest)
    }
  }

  private static let protocols: Set<Substring> = ["TCP", "UDP", "SCTP"]
  private static let portWords: Set<Substring> = ["PROTO", "PORT", "ADDR"]

  /// `PORT`, `PORT_80_TCP` and what is told of that one.
  private static func isPortLink(_ words: [Substring]) -> Bool {
    guard words.first == "PORT", words.count != 2, words.count <= 4 else { return false }
    guard words.count > 1 else { return true }
    return UInt16(words[1]) != nil && protocols.contains(words[2])
      && (words.count == 3 || portWords.contains(words[3]))
  }

  /// Lists are written with commas.
  private static func node(_ setting: String, _ value: String, _ place: Place) -> YAMLNode {
    let lists: Set = ["listen", "trusted-proxies", "log.fields", "inspector.hosts"]
    guard lists.contains(setting) else {
      return scalar(value, place)
    }
    let parts = value.split(separator: ",").map { scalar(trimmed($0), place) }
    return YAMLNode(content: .sequence(parts), place: place)
  }

  private static func scalar(_ value: String, _ place: Place) -> YAMLNode {
    YAMLNode(content: .scalar(text: value, isPlain: true), place: place)
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

extension YAMLNode {
  /// Sets a value below this mapping, making the mappings on the way. Anything else than a mapping on the
  /// way is left to be complained about.
  fileprivate mutating func set(_ keys: ArraySlice<String>, to value: YAMLNode, _ place: Place) {
    // `admin: none` or `inspector: none` in the file is no more than a mapping without settings here.
    if case .scalar("none", _) = content { content = .mapping([]) }
    guard case .mapping(var entries) = content, let key = keys.first else { return }
    var child = YAMLNode(content: .mapping([]), place: place)
    let index = entries.firstIndex { $0.key == key }
    if let index, keys.count > 1, !entries[index].value.isNull { child = entries[index].value }
    if keys.count == 1 { child = value } else { child.set(keys.dropFirst(), to: value, place) }
    if let index {
      entries[index].value = child
    } else {
      entries.append(Entry(key: key, keyPlace: place, value: child))
    }
    content = .mapping(entries)
  }
}
