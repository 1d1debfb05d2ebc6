import Testing

@testable import Gateway
@testable import HTTP

@Suite struct BodyBufferTests {
  @Test func `bytes are kept in order while it grows`() {
    let buffer = BodyBuffer()
    var all: [UInt8] = []
    for index in 0..<300 {
      let part = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: index)
      part.withUnsafeBytes { buffer.append($0) }
      all += part
    }
    #expect(Array(buffer.bytes) == all)
    #expect(buffer.capacity >= all.count)
  }

  @Test func `reserved room is kept, and no append below it moves the bytes`() {
    let buffer = BodyBuffer()
    buffer.reserve(10_000)
    let start = buffer.bytes.baseAddress
    [UInt8](repeating: 7, count: 10_000).withUnsafeBytes { buffer.append($0) }
    #expect(buffer.bytes.baseAddress == start)
    buffer.reserve(5)
    #expect(buffer.capacity == 10_000)
  }

  @Test func `what is put into its room belongs to it when it is taken, and not before`() {
    let buffer = BodyBuffer()
    #expect(buffer.room(for: 5).isEmpty)
    buffer.reserve(10)
    [UInt8(1), 2].withUnsafeBytes { buffer.append($0) }
    let room = buffer.room(for: 100)
    #expect(room.count == 8 && buffer.room(for: 3).count == 3 && buffer.room(for: -1).isEmpty)
    room.copyBytes(from: [3, 4, 5])
    #expect(Array(buffer.bytes) == [1, 2])
    #expect(Array(buffer.take(3)) == [3, 4, 5])
    [UInt8(6)].withUnsafeBytes { buffer.append($0) }
    #expect(Array(buffer.bytes) == [1, 2, 3, 4, 5, 6] && buffer.room(for: 100).count == 4)
  }

  @Test func `what is announced makes room for no more than 64 KiB, and what comes for as much again`() {
    let buffer = BodyBuffer()
    buffer.expect(1_000_000)
    #expect(buffer.capacity == 65_536)
    var last = buffer.capacity
    while buffer.count < 1_000_000 {
      let room = buffer.room(for: 1_000_000 - buffer.count)
      guard !room.isEmpty else {
        Issue.record("no room at \(buffer.count)")
        return
      }
      #expect(buffer.capacity <= max(2 * buffer.count, 65_536))
      #expect(buffer.capacity == last || buffer.capacity == min(2 * last, 1_000_000))
      last = buffer.capacity
      _ = buffer.take(min(room.count, 30_000))
    }
    #expect(buffer.capacity == 1_000_000 && buffer.room(for: 0).isEmpty)
    let short = BodyBuffer()
    short.expect(100)
    #expect(short.capacity == 100)
  }

  @Test func `the pool lends emptied buffers and keeps no more bytes than it may`() {
    var pool = BodyBufferPool()
    let size = BodyBufferPool.idleBytesMax / 4
    let lent = (0..<6).map { _ in pool.take() }
    for buffer in lent {
      buffer.reserve(size)
      [UInt8(1), 2].withUnsafeBytes { buffer.append($0) }
      pool.giveBack(buffer)
    }
    let again = (0..<6).map { _ in pool.take() }
    #expect(again.allSatisfy { $0.count == 0 })
    #expect(again.count { $0.capacity == size } == 4)
  }

  @Test func `what the pool lends is kept, what nobody used goes little by little`() {
    var pool = BodyBufferPool()
    let lent = (0..<9).map { _ in pool.take() }
    for buffer in lent {
      buffer.reserve(100)
      pool.giveBack(buffer)
    }
    pool.trim()
    for _ in 0..<8 {
      let used = pool.take()
      #expect(used.capacity == 100)
      pool.giveBack(used)
      pool.trim()
    }
    #expect(pool.take().capacity == 100 && pool.isEmpty)
    pool.trim()
    pool.giveBack(lent[0])
    for _ in 0..<2 { pool.trim() }
    #expect(pool.isEmpty)
  }

  @Test func `places are counted and given back`() {
    let admission = Admission()
    #expect(admission.enterDelivery(max: 1))
    #expect(!admission.enterDelivery(max: 1))
    #expect(admission.take(bytes: 10, max: 10))
    #expect(!admission.take(bytes: 1, max: 10))
    #expect(admission.take(bytes: 0, max: 10))
    #expect(admission.enterConnection(max: 1))
    #expect(!admission.enterConnection(max: 1))
    admission.leaveDelivery()
    admission.giveBack(bytes: 10)
    admission.leaveConnection()
    #expect(admission.deliveriesInFlight == 0)
    #expect(admission.bytesInFlight == 0)
    #expect(admission.openConnections == 0)
  }
}
