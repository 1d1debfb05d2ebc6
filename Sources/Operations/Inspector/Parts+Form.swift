extension Parts {
  /// Of what a field offers, be there thousands of routes.
  private static let choicesBytesMax = 10_000

  /// A label, its input, and what could be in it.
  ///
  /// - Parameters:
  ///   - options: offered, not enforced.
  ///   - hint: an example, shown while it is empty.
  static func field(
    _ label: String, name: String, value: String?, options: [String] = [], hint: String = ""
  ) -> HTML {
    let (id, list) = ("field-" + name, "choices-" + name)
    var attributes: [HTML.Attribute] = [
      .id(id), .name(name), .type("text"), .value(value ?? ""), .fixed(.autocomplete, "off"),
      .fixed(.spellcheck, "false"),
    ]
    if !hint.isEmpty { attributes.append(.placeholder(hint)) }
    if !options.isEmpty { attributes.append(.list(list)) }
    return element(.div, .class("field")) {
      element(.label, .for(id)) { label }
      HTML(.input, attributes, .empty)
      if !options.isEmpty {
        element(.datalist, .id(list)) {
          for option in offered(options, { $0 }) { element(.option, .value(option)) }
        }
      }
    }
  }

  /// A label and a list of which one is taken.
  ///
  /// - Parameters:
  ///   - options: what is sent, and what is shown.
  ///   - any: what is shown for nothing; nil where something must be chosen.
  static func choice(
    _ label: String, name: String, value: String?, options: [(value: String, title: String)],
    any: String? = "any"
  ) -> HTML {
    let id = "field-" + name
    return element(.div, .class("field")) {
      element(.label, .for(id)) { label }
      element(.select, .id(id), .name(name)) {
        if let any { option("", any, isSelected: value == nil) }
        for (other, title) in offered(options, { $0.value }, always: value) {
          option(other, title, isSelected: other == value)
        }
      }
    }
  }

  /// As many as there is room for.
  ///
  /// - Parameter always: is among them in any case.
  private static func offered<Option>(
    _ options: [Option], _ name: (Option) -> String, always: String? = nil
  ) -> [Option] {
    var bytes = 0
    return options.filter { option in
      let name = name(option)
      guard name != always else { return true }
      bytes += name.utf8.count
      return bytes <= choicesBytesMax
    }
  }

  private static func option(_ value: String, _ title: String, isSelected: Bool) -> HTML {
    isSelected
      ? element(.option, .value(value), .selected) { title } : element(.option, .value(value)) { title }
  }

  static func hidden(_ fields: [(name: String, value: String?)]) -> HTML {
    var all = HTML.empty
    for (name, value) in fields {
      if let value { all += element(.input, .type("hidden"), .name(name), .value(value)) }
    }
    return all
  }

  /// A form that is nothing but its button.
  ///
  /// - Parameters:
  ///   - tone: `problem` for what cannot be undone.
  ///   - name: where the button alone does not say of what; read out instead.
  static func button(
    _ text: String, post address: PageAddress, fields: [(name: String, value: String?)] = [],
    tone: Tone = .quiet,
    name: String? = nil
  ) -> HTML {
    element(.form, .class("inline"), .post, .action(address)) {
      hidden(fields)
      if let name {
        element(.button, .class(tone.rawValue), .type("submit"), .label(name)) { text }
      } else {
        element(.button, .class(tone.rawValue), .type("submit")) { text }
      }
    }
  }

  /// Buttons beside each other.
  static func actions(@HTMLBuilder _ buttons: () -> HTML) -> HTML {
    element(.div, .class("actions"), content: buttons)
  }

  /// Asks before something is done to many.
  ///
  /// - Parameters:
  ///   - question: how many of what, whole.
  ///   - text: of the button; what it does, not `OK`.
  ///   - back: where nothing is done.
  static func confirmation(
    _ question: String, _ text: String, post address: PageAddress, fields: [(name: String, value: String?)],
    tone: Tone = .busy, back: PageAddress, @HTMLBuilder extra: () -> HTML = { .empty }
  ) -> HTML {
    element(.form, .class("confirm"), .post, .action(address)) {
      element(.p, .class("question")) { question }
      hidden(fields)
      extra()
      element(.div, .class("actions")) {
        element(.button, .class(tone.rawValue), .type("submit")) { text }
        element(.a, .class("button"), .href(back)) { "Back, change nothing" }
      }
    }
  }
}
