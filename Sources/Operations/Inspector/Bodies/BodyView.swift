/// A part of a body with the ways to its other parts and forms. It is text whatever is in it.
struct BodyView: Sendable {
  let part: BodyPart
  /// What was asked for; another one is shown where that cannot be.
  var asked: BodyForm?
  /// Of a page with a part of it.
  let address: @Sendable (_ form: BodyForm, _ offset: Int) -> PageAddress
  /// Nil where it cannot be saved.
  var download: PageAddress?

  var html: HTML {
    var html = forms
    if asked == .json, part.form != .json {
      html += element(.p, .class("notice")) {
        "It is no JSON, or more than is read as such: it is shown as text."
      }
    }
    guard part.total > 0 else { return html + Parts.empty { "The body is empty." } }
    guard part.offset < part.total else {
      return html
        + Parts.empty {
          "The body ends before that, after \(Parts.counted(part.total, "byte", "bytes")). "
          Parts.link("To its beginning", address(part.form, 0))
        }
    }
    return html + extent + text + pager
  }

  private var forms: HTML {
    element(.nav, .class("tabs"), .label("Forms of the body")) {
      for form in BodyForm.allCases {
        if form == part.form {
          element(.a, .href(address(form, 0)), .current) { form.title }
        } else {
          element(.a, .href(address(form, 0))) { form.title }
        }
      }
      if let download { element(.a, .href(download), .download) { "Download" } }
    }
  }

  private var extent: HTML {
    let unit = part.form == .json ? "bytes of the indented text" : "bytes"
    return element(.p, .class("count")) {
      part.isWhole
        ? "\(Parts.number(part.total)) \(part.total == 1 ? "byte" : unit)."
        : "Bytes \(Parts.number(part.offset + 1)) to \(Parts.number(part.end)) of \(Parts.number(part.total))"
          + (unit == "bytes" ? "." : " of the indented text.")
    }
  }

  private var text: HTML {
    element(
      .pre, .class(part.form == .hex ? "body hex" : "body"), .tabIndex(0), .role("region"),
      .label("Body as \(part.form.title)")
    ) { HTML(decoding: part.shown) }
  }

  private var pager: HTML {
    guard !part.isWhole else { return .empty }
    return element(.nav, .class("pager"), .label("Parts of the body")) {
      if let previous = part.previous { Parts.link("Part before", address(part.form, previous)) }
      if let next = part.next { Parts.link("Next part", address(part.form, next)) }
    }
  }
}
