internal import Configuration
internal import Logging

/// The way of one request to its page: may it be asked, what does it ask, who asks, and may he.
struct InspectorDoor: Sendable {
  let isUnix: Bool
  let mayAct: Bool
  let judge: InspectorGuard
  /// Nil on a unix socket: there the kernel says who asks, and the file's mode who may.
  let login: InspectorLogin?
  let inspector: Inspector
  let refusals: InspectorRefusals
  /// Seconds of a clock that is never set.
  let uptime: @Sendable () -> Int64

  /// What goes back, and whether the connection ends with it.
  struct Answer: Sendable {
    var reply: InspectorReply
    var isLasting = false
    var endsConnection = false
    /// It says nothing of deliveries, and went to somebody who has not come in: while he takes it his connection gives
    /// way to others.
    var givesWay = false
  }

  init(
    _ settings: InspectorSettings, login: InspectorLogin, inspector: Inspector, logger: Logger,
    uptime: @escaping @Sendable () -> Int64
  ) {
    isUnix = settings.listen.isUnix
    mayAct = settings.actions
    judge = InspectorGuard(hosts: settings.hosts)
    self.login = settings.listen.isUnix ? nil : login
    self.inspector = inspector
    refusals = InspectorRefusals(logger: logger)
    self.uptime = uptime
  }

  /// - Parameter user: at the other end of a unix socket.
  func answer(_ message: InspectorMessage, from user: UInt32?) async -> Answer {
    do throws(InspectorRefusal) {
      try check(message)
      var request = try InspectorRequest(message)
      request.caller = InspectorCaller(user: isUnix ? user : nil, mayAct: mayAct)
      if let login, let reply = try admit(request, message, login) {
        return Answer(reply: reply, givesWay: true)
      }
      guard request.method == .get || mayAct else { throw Self.actionsOff }
      // Whoever has the address with this version in it has this style sheet.
      let isStyle = request.segments == ["style.css"]
      let isLasting = isStyle && request.query["v"] == InspectorStyle.version
      return await Answer(
        reply: inspector.answer(request), isLasting: isLasting, givesWay: isStyle && login != nil)
    } catch {
      return refused(error, message, user)
    }
  }

  private static let actionsOff = InspectorRefusal(
    status: 403, reason: "actions-off",
    sentence:
      "Nothing can be changed from here: over TCP not unless the configuration says inspector: {actions: true}. "
      + "The commands vesigate queue and vesigate quarantine do all that these pages do.")

  private func check(_ message: InspectorMessage) throws(InspectorRefusal) {
    guard ["GET", "HEAD", "POST"].contains(message.method) else {
      throw InspectorRefusal(
        status: 405, reason: "method", sentence: "Only GET, HEAD and POST are answered here.",
        endsConnection: true)
    }
    guard message.target.utf8.count <= InspectorMessage.targetBytesMax else {
      throw InspectorRefusal(
        status: 414, reason: "target-bytes",
        sentence: "An address has at most \(InspectorMessage.targetBytesMax) bytes here.")
    }
    guard message.headBytes <= InspectorMessage.headBytesMax else {
      throw InspectorRefusal(
        status: 431, reason: "head-bytes",
        sentence: "All fields together have at most \(InspectorMessage.headBytesMax) bytes here.")
    }
    if let refusal = judge.refusal(of: message) { throw refusal }
  }

  private func refused(_ refusal: InspectorRefusal, _ message: InspectorMessage, _ user: UInt32?) -> Answer {
    refusals.note(refusal, host: message.single("host"), user: user, at: uptime())
    var reply = InspectorReply.refused(refusal)
    if refusal.status == 405 { reply.allow = "GET, HEAD, POST" }
    return Answer(reply: reply, endsConnection: refusal.endsConnection, givesWay: true)
  }

  // MARK: Over TCP

  /// Nil for whoever has a session, and for the style sheet, which tells nothing.
  private func admit(
    _ request: InspectorRequest, _ message: InspectorMessage, _ login: InspectorLogin
  ) throws(InspectorRefusal) -> InspectorReply? {
    if request.segments == ["style.css"] { return nil }
    let now = uptime()
    if request.segments == ["login"] { return try enter(request, message, login, now) }
    let sessions = InspectorCookie.values(of: message.values(of: "cookie"))
    guard !sessions.contains(where: { login.isSession($0, at: now) }) else { return nil }
    refusals.note(
      InspectorRefusal(status: 401, reason: "no-session", sentence: ""), host: message.single("host"),
      user: nil,
      at: now)
    return LoginPages.noSession
  }

  /// Looking at the link shows a button, and only pressing that spends it: programs that look at links in messages do
  /// not press buttons.
  private func enter(
    _ request: InspectorRequest, _ message: InspectorMessage, _ login: InspectorLogin, _ now: Int64
  ) throws(InspectorRefusal) -> InspectorReply {
    let token = (request.method == .post ? request.form : request.query)["token"] ?? ""
    guard request.method == .post else {
      return login.isLink(token, at: now) ? LoginPages.button(token) : LoginPages.linkIsOver
    }
    guard let session = login.begin(link: token, at: now) else {
      throw InspectorRefusal(
        status: 403, reason: "link",
        sentence:
          "This link has been used, or it is older than \(InspectorLogin.linkSecondsMax / 60) minutes. "
          + "\"vesigate inspect\" on the gateway's machine makes another.")
    }
    refusals.logger.notice("inspector: a one-time link was used, a browser has a session")
    var reply = InspectorReply.goOn(to: PageAddress())
    // A front speaks TLS with the browser, which says so: then the cookie goes nowhere in the clear.
    let isSecure = message.single("origin")?.lowercased().hasPrefix("https://") ?? false
    reply.cookie = InspectorCookie.setting(session, isSecure: isSecure)
    return reply
  }
}

/// What a browser keeps of its login. `localhost` has one set of cookies for all ports, so others there see it: it is
/// short-lived, and says nothing but that somebody was let in.
enum InspectorCookie {
  static let name = "vesigate-inspector"
  /// Another port's pages can set some of the same name beside ours.
  static let valuesMax = 8

  /// `Strict`: a page of another site never sends it along.
  static func setting(_ session: String, isSecure: Bool) -> String {
    "\(name)=\(session); HttpOnly; SameSite=Strict; Path=/; Max-Age=\(InspectorLogin.sessionSecondsMax)"
      + (isSecure ? "; Secure" : "")
  }

  /// RFC 6265, 5.4: pairs with a `;` between them.
  static func values(of fields: [String]) -> [String] {
    var values: [String] = []
    for pair in fields.joined(separator: ";").split(separator: ";") {
      let text = pair.drop { $0 == " " }
      guard text.hasPrefix(name + "="), values.count < valuesMax else { continue }
      values.append(String(text.dropFirst(name.utf8.count + 1)))
    }
    return values
  }
}
