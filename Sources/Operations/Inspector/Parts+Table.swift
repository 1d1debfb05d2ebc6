extension Parts {
  struct Column: Sendable, ExpressibleByStringLiteral {
    var title: String
    var isNumber = false
    /// It does not give way to others so far that its words are torn.
    var isName = false

    init(_ title: String, isNumber: Bool = false, isName: Bool = false) {
      self.title = title
      self.isNumber = isNumber
      self.isName = isName
    }

    init(stringLiteral title: String) { self.title = title }

    static func number(_ title: String) -> Column { Column(title, isNumber: true) }
    static func name(_ title: String) -> Column { Column(title, isName: true) }
  }

  /// A table whose first column heads its rows. On a narrow screen the cells of a row stand below each other, each
  /// behind its column's title; the roles are written out because some browsers forget them then.
  ///
  /// - Parameter isPairs: each row is a name and its value, and they stay beside each other.
  static func table(
    _ caption: String, _ columns: [Column], _ rows: [[HTML]], isPairs: Bool = false
  ) -> HTML {
    element(.table, .class(isPairs ? "pairs" : "list"), .role("table")) {
      element(.caption) { caption }
      element(.thead, .role("rowgroup")) {
        element(.tr, .role("row")) { for column in columns { heading(column) } }
      }
      element(.tbody, .role("rowgroup")) {
        for row in rows {
          element(.tr, .role("row")) {
            for (column, cell) in zip(columns, row.enumerated()) {
              Parts.cell(column, cell.element, isFirst: cell.offset == 0)
            }
          }
        }
      }
    }
  }

  private static func heading(_ column: Column) -> HTML {
    column.isNumber
      ? element(.th, .class("number"), .scope("col"), .role("columnheader")) { column.title }
      : element(.th, .scope("col"), .role("columnheader")) { column.title }
  }

  private static func cell(_ column: Column, _ content: HTML, isFirst: Bool) -> HTML {
    let label = element(.span, .class("label"), .hidden) { column.title }
    let all = label + element(.div) { content }
    guard !isFirst else { return element(.th, .scope("row"), .role("rowheader")) { all } }
    let kind: String? = column.isNumber ? "number" : column.isName ? "name" : nil
    return kind.map { element(.td, .class($0), .role("cell")) { all } } ?? element(.td, .role("cell")) { all }
  }
}
