import Formats
import Foundation
import TestSupport
import Testing

@testable import Gateway
@testable import Queue
@testable import Signing

/// A row is what was sealed, or it is nothing.
@Suite struct SealTests {
  private static func keys(_ bytes: UInt8...) throws -> SealKeys {
    try #require(SealKeys(newestFirst: bytes.map { Secret([UInt8](repeating: $0, count: 32)) }))
  }

  private static let facts = DeliveryFacts(
    id: PublicID(unixMilliseconds: 5, random: (6, 7)), route: "/hook", accepted: 8, signed: 9, requestID: "r",
    remote: "192.0.2.1", method: "POST", target: Array("/a".utf8))

  private func kept(_ keys: SealKeys, _ facts: DeliveryFacts = facts) throws -> KeptDelivery {
    Sealer(keys: keys).seal(facts, head: [1, 2], body: [3, 4], proof: try sampleProof())
  }

  private func stored(_ kept: KeptDelivery) -> StoredDelivery {
    StoredDelivery(
      facts: kept.facts, secret: kept.secret, head: kept.head, body: kept.body,
      bodyDigest: kept.bodyDigest.bytes,
      seal: kept.seal)
  }

  private func fault(_ stored: StoredDelivery, _ keys: SealKeys) -> SealFault? {
    do throws(SealFault) {
      _ = try Sealer(keys: keys).check(stored)
      return nil
    } catch {
      return error
    }
  }

  @Test func `what was sealed is what comes back, by whoever holds the key`() throws {
    let kept = try kept(Self.keys(1))
    let sealed = try Sealer(keys: Self.keys(1)).check(stored(kept))
    #expect(sealed.facts == Self.facts && sealed.head == [1, 2] && sealed.body == [3, 4])
    #expect(sealed.secret == Secret(Signed().key).fingerprint)
  }

  @Test func `nothing of a row can be changed`() throws {
    let keys = try Self.keys(1)
    let whole = stored(try kept(keys))
    #expect(fault(whole, keys) == nil)
    let edits: [(inout DeliveryFacts) -> Void] = [
      { $0.id = PublicID(unixMilliseconds: 5, random: (6, 8)) }, { $0.route = "/hooked" },
      { $0.accepted = 7 },
      { $0.signed = nil }, { $0.signed = 0 }, { $0.requestID = "s" }, { $0.remote = "192.0.2.2" },
      { $0.method = "PUT" }, { $0.target = Array("/b".utf8) },
    ]
    for (index, edit) in edits.enumerated() {
      var facts = whole.facts
      edit(&facts)
      let edited = StoredDelivery(
        facts: facts, secret: whole.secret, head: whole.head, body: whole.body, bodyDigest: whole.bodyDigest,
        seal: whole.seal)
      #expect(fault(edited, keys) == .broken, "edit \(index)")
    }
  }

  @Test func `nor a byte of head, body, digest, secret or seal, nor one moved from one to the other`() throws
  {
    let keys = try Self.keys(1)
    let whole = stored(try kept(keys))
    func edited(
      secret: String? = nil, head: [UInt8]? = nil, body: [UInt8]? = nil, digest: [UInt8]? = nil,
      seal: [UInt8]? = nil
    ) -> SealFault? {
      fault(
        StoredDelivery(
          facts: whole.facts, secret: secret ?? whole.secret, head: head ?? whole.head,
          body: body ?? whole.body,
          bodyDigest: digest ?? whole.bodyDigest, seal: seal ?? whole.seal), keys)
    }
    #expect(edited(secret: "00000000") == .broken)
    #expect(
      edited(head: [1, 3]) == .broken && edited(head: [1]) == .broken && edited(head: [1, 2, 3]) == .broken)
    #expect(edited(body: [3, 5]) == .broken && edited(body: []) == .broken)
    let other = [UInt8]([9]).withUnsafeBytes { BodyDigest(of: $0) }
    #expect(edited(digest: other.bytes) == .broken)
    // Body and digest that belong together, but not to this row.
    #expect(edited(body: [9], digest: other.bytes) == .broken)
    #expect(edited(seal: []) == .broken && edited(seal: Array(whole.seal.prefix(4))) == .broken)
    for bit in 32..<whole.seal.count * 8 {
      var seal = whole.seal
      seal[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(edited(seal: seal) == .broken, "bit \(bit)")
    }
  }

  @Test func `text that moves from one field to its neighbour is another row`() throws {
    let keys = try Self.keys(1)
    var facts = Self.facts
    (facts.route, facts.requestID) = ("/hookr", "")
    let whole = stored(try kept(keys))
    let moved = StoredDelivery(
      facts: facts, secret: whole.secret, head: whole.head, body: whole.body, bodyDigest: whole.bodyDigest,
      seal: whole.seal)
    #expect(fault(moved, keys) == .broken)
  }

  @Test func `an older key proves what it has sealed, an unknown one is named`() throws {
    let old = stored(try kept(Self.keys(1)))
    #expect(fault(old, try Self.keys(2, 1)) == nil)
    #expect(fault(old, try Self.keys(2)) == .keyUnknown(try Self.keys(1).current))
    #expect(
      fault(stored(try kept(Self.keys(2, 1))), try Self.keys(1)) == .keyUnknown(try Self.keys(2).current))
  }
}

/// The seal's key: made once, for its owner alone.
@Suite(.ownThread) struct SealKeyFileTests {
  private func keyPath(_ bench: StoreBench) -> String { bench.settings.sealKeyFile }

  private func refusal(_ bench: StoreBench) throws -> String {
    do throws(StoreFault) {
      let store = try Store(bench.settings)
      store.close()
    } catch {
      return error.sentence
    }
    throw FixtureError("it was opened")
  }

  @Test func `it is made with a new store, for its owner alone, whatever the mask`() throws {
    let bench = try StoreBench()
    for path in [keyPath(bench), bench.file, bench.file + "-wal"] {
      var status = stat()
      #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600, "\(path)")
    }
    let text = try String(contentsOfFile: keyPath(bench), encoding: .utf8)
    #expect(text.count == 65 && text.hasSuffix("\n"))
    try bench.reopen()
    #expect(try String(contentsOfFile: keyPath(bench), encoding: .utf8) == text)
  }

  @Test func `missing, it is not made anew for a store that it has sealed`() throws {
    let bench = try StoreBench()
    bench.close()
    unlink(keyPath(bench))
    #expect(try refusal(bench).contains("only its key can prove"))
    #expect(access(keyPath(bench), F_OK) != 0)
  }

  @Test func `another one is refused, and one that is put before it is used from then on`() throws {
    let bench = try StoreBench()
    try bench.accept("old")
    bench.close()
    let mine = try String(contentsOfFile: keyPath(bench), encoding: .utf8)
    let other = String(repeating: "5a", count: 32) + "\n"
    try bench.folder.write("seal.key", other, mode: 0o600)
    #expect(try refusal(bench).contains("does not hold the key"))
    try bench.folder.write("seal.key", other + mine, mode: 0o600)
    try bench.open()
    try bench.accept("new")
    let sealer = Sealer(keys: bench.store.sealKeys)
    #expect(try bench.claim().map { try sealer.check($0.delivery).body.count } == [3, 3])
  }

  @Test(arguments: [0o640, 0o604, 0o660, 0o602]) func `one that others may read or write is refused`(
    mode: Int
  ) throws {
    let bench = try StoreBench()
    bench.close()
    chmod(keyPath(bench), mode_t(mode))
    #expect(try refusal(bench).contains("must be 0600"))
  }

  @Test(arguments: ["", "00\n", "zz\n", String(repeating: "0", count: 63) + "\n"])
  func `what is no key is refused`(text: String) throws {
    let bench = try StoreBench()
    bench.close()
    try bench.folder.write("seal.key", text, mode: 0o600)
    #expect(try refusal(bench).contains("hex digits"))
  }

  @Test func `a link in its place is refused`() throws {
    let bench = try StoreBench()
    bench.close()
    rename(keyPath(bench), keyPath(bench) + ".real")
    symlink(keyPath(bench) + ".real", keyPath(bench))
    #expect(try refusal(bench).contains("cannot be read"))
  }
}
