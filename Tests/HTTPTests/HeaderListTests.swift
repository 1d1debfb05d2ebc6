import HTTP
import TestSupport
import Testing

@Suite struct HeaderListTests {
  private func wire(_ list: HeaderList) -> String { list.withLines { String(decoding: $0, as: UTF8.self) } }

  private func extended(_ fields: [(String, String)], by folds: [String]) -> HeaderList {
    var list = HeaderList(fields)
    for fold in folds { Array(fold.utf8).withUnsafeBytes { list.extendLast($0) } }
    return list
  }

  @Test func `fields stand as the lines that leave, without a blank where there is no value`() {
    let list = HeaderList([("X-A", "1"), ("x-empty", ""), ("X-A", "2 3")])
    #expect(wire(list) == "X-A: 1\r\nx-empty:\r\nX-A: 2 3\r\n")
    #expect(list.wireBytes == wire(list).utf8.count)
    #expect(list.lines == ["X-A: 1", "x-empty: ", "X-A: 2 3"])
  }

  @Test func `what folds add stands behind a blank, also behind nothing`() {
    #expect(wire(extended([("A", "1"), ("B", "2")], by: ["3", "", "4"])) == "A: 1\r\nB: 2 3 4\r\n")
    let empty = extended([("A", "")], by: ["5", "6"])
    #expect(wire(empty) == "A: 5 6\r\n")
    #expect(empty.values("A") == ["5 6"])
  }

  @Test func `a field taken over from another list stands there as it stood`() {
    let other = HeaderList([("X-A", "1"), ("X-Empty", ""), ("X-B", "2")])
    var list = HeaderList([("First", "0")])
    list.append(1, of: other)
    list.append(2, of: other)
    #expect(wire(list) == "First: 0\r\nX-Empty:\r\nX-B: 2\r\n")
    #expect(list.lines == ["First: 0", "X-Empty: ", "X-B: 2"])
  }

  @Test func `emptied it holds nothing of what was, whoever holds a copy still has it`() {
    var list = HeaderList([("X-Long", String(repeating: "y", count: 5_000)), ("X-A", "1")])
    let copy = list
    list.removeAll(bytesKept: 100)
    #expect(list.isEmpty && list.wireBytes == 0)
    list.append(name: "X-B", value: "2")
    #expect(wire(list) == "X-B: 2\r\n")
    list.removeAll(bytesKept: 5_000)
    list.append(name: "X-C", value: "3")
    #expect(wire(list) == "X-C: 3\r\n")
    #expect(copy.values("x-a") == ["1"] && copy.values("x-long").first?.count == 5_000)
  }
}
