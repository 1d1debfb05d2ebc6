/// What somebody writes into whatever is shown.
enum InspectorHostile {
  /// In all of them, to find them again.
  static let mark = "EVIL"

  static let texts = [
    #"</pre></code></td></table><script>EVIL()</script>"#, #""><img src=x onerror="EVIL()">"#,
    #"' onmouseover='EVIL()"#,
    "EVIL\u{0}NUL\u{1B}[31m\u{7F}\r\n\ttab", "EVIL\u{202E}gnp.exe\u{2066}\u{200F}\u{2028}",
    "<!--EVIL--><![CDATA[EVIL]]>",
    "&lt;EVIL&gt; &amp; &#0; &#x3C;script&#x3E;", "\u{FFFD}\u{FEFF}EVIL\u{10FFFF}", "javascript:EVIL()",
    "\nEVIL",
    "<svg/onload=EVIL()>", "]]><x:script xmlns:x='http://www.w3.org/1999/xhtml'>EVIL()</x:script>",
    "EVIL עברית العربية",
    "</title></style></textarea><body onload=EVIL()>", "EVIL?a=b&c=d#e /../..%2f%00",
  ]

  /// All of it one behind the other.
  static let all = texts.joined()

  /// How that is shown: what cannot be seen, or turns text around, is written out.
  static func shown(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x09, 0x0A: shown.unicodeScalars.append(scalar)
      case 0..<0x20: shown.unicodeScalars.append(Unicode.Scalar(0x2400 + scalar.value)!)
      case 0x7F: shown += "\u{2421}"
      case 0x80...0x9F, 0xAD, 0x61C, 0x180E, 0x200B, 0x200E...0x200F, 0x2028...0x202E, 0x2060...0x206F,
        0xFEFF,
        0xFFF9...0xFFFB, 0xE0000...0xE007F:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        shown += "[U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)]"
      default: shown.unicodeScalars.append(scalar)
      }
    }
    return shown
  }

  /// In an attribute nobody reads it: there it is as it came, but for controls.
  static func held(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          switch scalar.value {
          case 0x09, 0x0A: scalar
          case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value)!
          case 0x7F: "\u{2421}"
          default: scalar
          }
        }))
  }
}
