internal import CCurl
internal import EventLoops
internal import Gateway

/// Opens connections by libcurl: it resolves, tries both address families, connects, and does TLS. The loop never
/// waits for any of it.
final class Connector {
  private let eventLoop: EpollLoop
  private var groups: [ConnectGroup] = []

  init(eventLoop: EpollLoop) { self.eventLoop = eventLoop }

  /// Begins to connect. `then` is called on the loop, later, unless it is cancelled before.
  ///
  /// - Parameter timeout: what it means when `milliseconds` are over.
  /// - Returns: nil where libcurl has no memory for it.
  func connect(
    to upstream: Upstream, sessions: TLSSessions?, milliseconds: Int, timeout: ForwardFailure.Kind,
    then: @escaping (Result<UpstreamStream, ForwardFailure>) -> Void
  ) -> Connect? {
    guard let handle = ConnectHandle(upstream: upstream, sessions: sessions, milliseconds: milliseconds)
    else { return nil }
    let connect = Connect(
      handle: handle, group: groupWithRoom(), timeout: timeout, eventLoop: eventLoop, then)
    connect.group.add(connect)
    return connect
  }

  /// Gives back the descriptors of what is empty.
  func trim() { groups.removeAll { $0.count == 0 } }

  private func groupWithRoom() -> ConnectGroup {
    if let group = groups.last(where: \.hasRoom) { return group }
    let group = ConnectGroup(eventLoop: eventLoop)
    groups.append(group)
    return group
  }
}

/// One connection that is under way.
final class Connect {
  let handle: ConnectHandle
  let group: ConnectGroup
  private let timeout: ForwardFailure.Kind
  private let eventLoop: EpollLoop
  private let then: (Result<UpstreamStream, ForwardFailure>) -> Void

  init(
    handle: ConnectHandle, group: ConnectGroup, timeout: ForwardFailure.Kind, eventLoop: EpollLoop,
    _ then: @escaping (Result<UpstreamStream, ForwardFailure>) -> Void
  ) {
    self.handle = handle
    self.group = group
    self.timeout = timeout
    self.eventLoop = eventLoop
    self.then = then
  }

  /// Nothing is heard of it any more.
  func cancel() { group.cancel(self) }

  func finished(_ code: CURLcode) {
    guard code == CURLE_OK else {
      group.remove(handle)
      return then(.failure(ConnectFailure.make(code, handle.sentence(for: code), timeout: timeout)))
    }
    let stream = UpstreamStream(handle: handle, group: group, to: handle.upstream)
    guard stream.beginWatching(on: eventLoop) else {
      stream.close()
      return then(
        .failure(
          ForwardFailure(stage: .connecting, kind: .internalError, detail: "the connection cannot be watched")
        ))
    }
    then(.success(stream))
  }
}
