/// What somebody sees over TCP before he is let in. It leads nowhere else.
enum LoginPages {
  static let command = "vesigate inspect"

  static func button(_ token: String) -> InspectorReply {
    page("Open the inspector") {
      element(.p) {
        "This link opens the inspector in this browser for an hour. It works once, and within "
        "\(InspectorLogin.linkSecondsMax / 60) minutes of being made."
      }
      element(.form, .post, .action(PageAddress("login"))) {
        element(.input, .type("hidden"), .name("token"), .value(token))
        element(.button, .type("submit"), .autofocus) { "Open the inspector" }
      }
    }
  }

  static let linkIsOver = page("This link is over", status: 403) {
    element(.p) {
      "It has been used, or it is older than \(InspectorLogin.linkSecondsMax / 60) minutes. On the gateway's "
      "machine this makes another:"
    }
    element(.p) { Parts.command(command) }
  }

  /// RFC 9110, 15.5.2: a 401 names a way in; this one is no scheme of a browser's.
  static let noSession: InspectorReply = {
    var reply = page("Who is asking?", status: 401) {
      element(.p) {
        "This browser has no session here, or its hour is over. On the gateway's machine this makes a link that begins "
        "one:"
      }
      element(.p) { Parts.command(command) }
    }
    reply.challenge = "Link realm=\"vesigate inspect\""
    return reply
  }()

  private static func page(
    _ title: String, status: Int = 200, @HTMLBuilder content: () -> HTML
  ) -> InspectorReply {
    var head = element(.meta, .fixed(.charset, "utf-8"))
    head += element(.title) { title + " · vesigate" }
    head += element(.meta, .name("viewport"), .fixed(.content, "width=device-width, initial-scale=1"))
    head += element(.meta, .name("color-scheme"), .fixed(.content, "light dark"))
    head += element(.link, .fixed(.rel, "stylesheet"), .href(InspectorStyle.address))
    let body = element(.main, .id("main")) {
      element(.h1) { title }
      content()
    }
    return .page(.document(head: head, body: body), status: status)
  }
}
