import Glibc
import Testing

@testable import vesigate

private func listener() throws -> Int32 {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  try #require(listen(descriptor, 1) == 0)
  return descriptor
}

private func take(
  _ descriptor: Int32, fds: String = "1", names: String? = "web"
) throws -> [InheritedSocket] {
  var environment = ["LISTEN_PID": "77", "LISTEN_FDS": fds]
  environment["LISTEN_FDNAMES"] = names
  return try InheritedSockets.take(environment: environment, pid: 77, firstDescriptor: descriptor)
}

private func message(_ body: () throws -> [InheritedSocket]) -> String? {
  do {
    _ = try body()
    return nil
  } catch {
    return "\(error)"
  }
}

@Test func `a listening socket is taken by name and closed on exec`() throws {
  let descriptor = try listener()
  defer { close(descriptor) }
  #expect(fcntl(descriptor, F_GETFD) == 0)
  #expect(try take(descriptor) == [InheritedSocket(descriptor: descriptor, name: "web")])
  #expect(fcntl(descriptor, F_GETFD) == FD_CLOEXEC)
  #expect(try take(descriptor, names: nil).map(\.name) == ["unknown"])
  #expect(try take(descriptor, names: "").map(\.name) == ["unknown"])
}

@Test(arguments: [
  [:], ["LISTEN_FDS": "1"], ["LISTEN_PID": "77"], ["LISTEN_PID": "78", "LISTEN_FDS": "1"],
  ["LISTEN_PID": "77", "LISTEN_FDS": "0"],
])
func `no socket is taken that is not meant for this process`(environment: [String: String]) throws {
  #expect(try InheritedSockets.take(environment: environment, pid: 77).isEmpty)
}

@Test(arguments: ["65", "-1", "many", ""])
func `a number of sockets that makes no sense is an error`(count: String) {
  #expect(
    message { try take(3, fds: count) }
      == "LISTEN_FDS must be a number from 0 to 64, not \"\(count)\"")
}

@Test func `a process id that makes no sense is an error`() {
  let environment = ["LISTEN_PID": "me", "LISTEN_FDS": "1"]
  #expect(
    message { try InheritedSockets.take(environment: environment, pid: 77) }
      == "LISTEN_PID is not a process id: \"me\"")
}

@Test func `names and numbers must agree`() {
  #expect(
    message { try take(3, fds: "1", names: "a:b") }
      == "LISTEN_FDNAMES names 2 sockets, LISTEN_FDS counts 1")
}

@Test func `a descriptor that does not listen for streams is named with the reason`() throws {
  let datagram = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
  let stream = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  let file = open("/dev/null", O_RDONLY)
  defer { for descriptor in [datagram, stream, file] { close(descriptor) } }
  #expect(
    message { try take(datagram) } == """
      inherited descriptor \(datagram) ("web") is not a stream socket: the socket unit needs \
      ListenStream=
      """)
  #expect(
    message { try take(stream) }
      == "inherited descriptor \(stream) (\"web\") does not listen: the socket unit needs Accept=no")
  #expect(message { try take(file) } == "inherited descriptor \(file) (\"web\") is not a socket")
  #expect(message { try take(60_000) } == "inherited descriptor 60000 (\"web\") is not open")
}
