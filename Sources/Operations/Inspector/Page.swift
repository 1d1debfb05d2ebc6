/// What all pages have around them: one header with the ways to the others, one `main`, one `h1`.
extension Inspector {
  /// Of a page. What pages are made of has its own bounds; this one is for names and reasons that are longer than
  /// anybody writes them, be it in the configuration or, by somebody else's hand, in the store.
  static let pageBytesMax = 300_000

  /// - Parameters:
  ///   - title: of the window and the `h1`.
  ///   - refreshSeconds: after so long the browser loads it again; not where there is a notice, which would come again.
  ///   - notice: what has just been done, a sentence.
  func page(
    _ title: String, in section: PageSection, status: Int = 200, refreshSeconds: Int? = nil,
    notice: String? = nil, @HTMLBuilder content: () -> HTML
  ) -> InspectorReply {
    let body = element(.main, .id("main"), .tabIndex(-1)) {
      element(.h1) { title }
      if let notice { element(.p, .class("notice"), .role("status")) { notice } }
      content()
    }
    let isRefreshed = notice == nil && status == 200
    let page = HTML.document(
      head: head(title, refreshSeconds: isRefreshed ? refreshSeconds : nil),
      body: skipLink + navigation(section) + body + footer)
    return page.bytes.count < Self.pageBytesMax ? .page(page, status: status) : tooLong(in: section)
  }

  private func tooLong(in section: PageSection) -> InspectorReply {
    refused(
      "This page would be longer than \(Parts.number(Self.pageBytesMax)) bytes: there are very long names or reasons "
        + "in it. Narrow it down, or ask the commands, vesigate queue and vesigate quarantine.",
      status: 500, in: section)
  }

  /// - Parameter sentence: what is not there, or no longer.
  func notFound(_ sentence: String = "There is no such page.") -> InspectorReply {
    refused(sentence, status: 404)
  }

  /// What was not done, and why.
  ///
  /// - Parameter sentence: whole, for people.
  func refused(_ sentence: String, status: Int = 400, in section: PageSection = .overview) -> InspectorReply {
    let title =
      switch status {
      case 403: "Not allowed"
      case 404: "Not found"
      case 409: "Not as it was"
      case 503: "Not now"
      default: "Not done"
      }
    return page(title, in: section, status: status) {
      element(.p, .class("notice problem"), .role("alert")) { sentence }
      element(.p) { Parts.link("To the overview", PageAddress()) }
    }
  }

  private func head(_ title: String, refreshSeconds: Int?) -> HTML {
    var head = element(.meta, .fixed(.charset, "utf-8"))
    head += element(.title) { title + " · vesigate" }
    head += element(.meta, .name("viewport"), .fixed(.content, "width=device-width, initial-scale=1"))
    head += element(.meta, .name("color-scheme"), .fixed(.content, "light dark"))
    if let refreshSeconds {
      head += element(.meta, .fixed(.httpEquiv, "refresh"), .fixed(.content, "\(refreshSeconds)"))
    }
    head += element(.link, .fixed(.rel, "stylesheet"), .href(InspectorStyle.address))
    return head
  }

  private var skipLink: HTML { element(.a, .class("skip"), .anchor("main")) { "Skip to the content" } }

  private func navigation(_ section: PageSection) -> HTML {
    let allowsTest = source.routes.contains { $0.allowsTest }
    return element(.header) {
      element(.a, .class("brand"), .href(PageAddress())) { "vesigate" }
      element(.nav, .label("Pages")) {
        element(.ul) {
          for other in PageSection.allCases where other != .test || allowsTest {
            element(.li) { entry(other, isCurrent: other == section) }
          }
        }
      }
    }
  }

  private func entry(_ section: PageSection, isCurrent: Bool) -> HTML {
    isCurrent
      ? element(.a, .href(section.address), .current) { section.title }
      : element(.a, .href(section.address)) { section.title }
  }

  private var footer: HTML {
    let now = source.now()
    return element(.footer) {
      element(.p) {
        "As of "
        element(.time, .datetime(Parts.machineTime(now))) { Parts.utc(now) }
        ". Nothing on these pages changes anything but its buttons."
      }
    }
  }
}
