public import Formats

/// How often, by name and in an order: an object whose members are the names.
public struct Counts: JSONCoded, Equatable {
  public struct Count: Sendable, Equatable {
    public let name: String
    public let count: Int64
  }

  public private(set) var all: [Count] = []

  public init() {}

  public init(_ counts: some Sequence<(name: String, count: UInt64)>) {
    all = counts.map { Count(name: $0.name, count: Int64(clamping: $0.count)) }
  }

  /// Nil where the name does not occur.
  public subscript(_ name: String) -> Int64? { all.first { $0.name == name }?.count }

  /// Of all names together, or as much as 64 bits hold.
  public var total: Int64 { all.reduce(0) { $0.addingSaturated($1.count) } }

  public func write(to json: inout JSONWriter) {
    json.object { json in for entry in all { json.member(entry.name) { $0.integer(entry.count) } } }
  }

  /// Members that are no whole numbers are left out.
  public init?(_ json: JSONValue) {
    guard let members = json.members else { return nil }
    all = members.compactMap { key, value in value.integer.map { Count(name: key, count: $0) } }
  }
}
