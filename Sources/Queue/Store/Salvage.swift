internal import Formats
public import Gateway

/// Reads what still seals out of a store that nobody else can read any more. It opens the file for reading alone, and
/// goes round what is damaged. Not Sendable; it blocks.
public final class Salvage {
  /// Numbers that are asked for at once.
  static let range: Int64 = 64

  /// What it has come upon.
  public struct Counts: Sendable, Equatable {
    /// Numbers whose rows cannot be read, be there one or not.
    public internal(set) var damaged = 0
    /// Not what was sealed, or by a key that is not here.
    public internal(set) var unsealed = 0
    /// Of what was delivered or cancelled long ago.
    public internal(set) var withoutBody = 0
  }

  /// One delivery that is what was accepted, and how it stands as far as that can be read.
  public struct Found {
    public let delivery: SealedDelivery
    public let jobs: [StoreReader.Line]
    /// Those that are not delivered or cancelled, or of which that is not known.
    public var isOpen: Bool { jobs.isEmpty || jobs.contains { $0.state.isHeld } }
  }

  public private(set) var counts = Counts()
  private let reader: StoreReader
  private let sealer: Sealer
  private let last: Int64

  public init(sqlite: String, sealKeyFile: String) throws(StoreFault) {
    sealer = Sealer(keys: try SealKeyFile.open(sealKeyFile, mayMake: false))
    reader = try StoreReader(sqlite)
    guard try reader.number("PRAGMA application_id") == Int64(Schema.applicationID) else {
      throw .refused("\(sqlite) is no store of vesigate")
    }
    last = try Self.last(reader)
  }

  /// The last number that a delivery has, by whatever can be read.
  private static func last(_ reader: StoreReader) throws(StoreFault) -> Int64 {
    let ways = [
      "SELECT seq FROM sqlite_sequence WHERE name='delivery'", "SELECT max(id) FROM delivery",
      "SELECT max(id) FROM body",
    ]
    var fault = StoreFault.corrupt
    for way in ways {
      do throws(StoreFault) { return try reader.number(way) ?? 0 } catch { fault = error }
    }
    throw fault
  }

  /// Gives everything that can be had, the oldest first, one by one.
  public func run(_ take: (Found) throws -> Void) throws {
    var next: Int64 = 1
    while next <= last {
      let end = min(next + Self.range - 1, last)
      for delivery in numbers(next, end) { if let found = read(delivery) { try take(found) } }
      guard let following = following(end) else { return }
      next = following
    }
  }

  /// What was deleted is leapt over, where that can be read; nil behind the last.
  private func following(_ end: Int64) -> Int64? {
    do throws(StoreFault) {
      return try reader.number("SELECT min(id) FROM delivery WHERE id>\(end)")
    } catch {
      return end + 1
    }
  }

  private func numbers(_ first: Int64, _ end: Int64) -> [Int64] {
    do throws(StoreFault) {
      return try reader.ask(
        "SELECT id FROM delivery WHERE id BETWEEN ? AND ? ORDER BY id", [.integer(first), .integer(end)]
      ) { $0.integer(0) }
    } catch {
      guard first < end else {
        counts.damaged += 1
        return []
      }
      // By halves: around one bad page the others are found in a few questions.
      let middle = first + (end - first) / 2
      return numbers(first, middle) + numbers(middle + 1, end)
    }
  }

  private func read(_ number: Int64) -> Found? {
    do throws(StoreFault) {
      let rows = try reader.ask(
        "SELECT \(Sentence.deliveryColumns) FROM delivery LEFT JOIN body USING(id) WHERE delivery.id=?",
        [.integer(number)]
      ) { row in (hasBody: row.optionalInteger(11) != nil, stored: StoredDelivery(row)) }
      guard let row = rows.first else { return nil }
      return prove(row.stored, hasBody: row.hasBody)
    } catch {
      counts.damaged += 1
      return nil
    }
  }

  private func prove(_ stored: StoredDelivery?, hasBody: Bool) -> Found? {
    guard hasBody else {
      counts.withoutBody += 1
      return nil
    }
    guard let stored, let sealed = try? sealer.check(stored) else {
      counts.unsealed += 1
      return nil
    }
    let jobs = try? reader.list(.init(id: sealed.facts.id), limit: Self.jobsMax)
    return Found(delivery: sealed, jobs: jobs ?? [])
  }

  /// Of one delivery: no route has as many upstreams.
  private static let jobsMax = 1_000
}

extension StoreReader {
  /// The one number that a question is answered by; nil where there is none.
  fileprivate func number(_ sql: String) throws(StoreFault) -> Int64? {
    try ask(sql, []) { $0.optionalInteger(0) }.first ?? nil
  }
}
