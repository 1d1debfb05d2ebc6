import Formats
import Signing
import TestSupport
import Testing

@Suite struct PublishedVectorTests {
  @Test func `Vesicash's formula verifies`() {
    let fields = [
      ("mor-signature", "9ed70a4b453cac983bcbc41b8336750ea981223ee3ac99fb56cf07ddfac37452"),
      ("mor-timestamp", "1781519012"),
    ]
    #expect(Judging(.vesicash).judge(fields, sampleBody).isVerified)
  }

  @Test func `GitHub's published delivery verifies`() {
    let judging = Judging(.github, secrets: ["It's a Secret to Everybody"])
    let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    let verdict = judging.judge([("X-Hub-Signature-256", signature)], Array("Hello, World!".utf8))
    #expect(verdict.isVerified)
  }

  @Test(arguments: [("svix", SignatureLayout.svix), ("webhook", .standardWebhooks)])
  func `Svix's published delivery verifies`(names: String, layout: SignatureLayout) throws {
    var key: [UInt8] = []
    let isWhole = Array("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".utf8).withUnsafeBytes {
      Base64.decode($0, alphabet: .standard) { byte in
        key.append(byte)
        return true
      }
    }
    try #require(isWhole)
    let fields = [
      ("\(names)-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"), ("\(names)-timestamp", "1614265330"),
      ("\(names)-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ]
    let arrival = Moment(unixMilliseconds: 1_614_265_331_000, uptimeNanoseconds: 1)
    let verdict = Judging(layout, keys: [key]).judge(
      fields, Array(#"{"test": 2432232314}"#.utf8), at: arrival)
    #expect(verdict.isVerified)
  }
}

@Suite struct PresetTests {
  static let names = SignatureLayout.presets.map(\.name)

  private func signed(_ layout: SignatureLayout) -> Signed {
    let unit = layout.timestampUnit
    return Signed(layout: layout, timestamp: unit == .milliseconds ? "1781519012000" : "1781519012")
  }

  @Test(arguments: names)
  func `what a sender of this layout signs verifies, however it arrives`(name: String) throws {
    let layout = try #require(SignatureLayout.preset(named: name))
    let signed = signed(layout)
    let bodies: [[UInt8]] = [[], [0], sampleBody, Array(0...255), Array("\r\n".utf8), [0xC3, 0x28]]
    for body in bodies {
      for partBytes in [1, 7, .max] {
        let judging = Judging(layout, keys: [signed.key])
        #expect(judging.judge(signed.fields(over: body), body, partBytes: partBytes).isVerified)
      }
    }
  }

  @Test(arguments: names)
  func `another secret, another body and a cut signature are refused`(name: String) throws {
    let layout = try #require(SignatureLayout.preset(named: name))
    let signed = signed(layout)
    let judging = Judging(layout, keys: [signed.key])
    let fields = signed.fields(over: sampleBody)
    #expect(judging.judge(fields, sampleBody + [0x0A]).reason == .mismatch)
    #expect(Judging(layout, secrets: ["other"]).judge(fields, sampleBody).reason == .mismatch)
    let cut = String(signed.signature(over: sampleBody).dropLast(4))
    let cutFields = signed.fields(over: sampleBody, signatures: [cut])
    #expect(judging.judge(cutFields, sampleBody).reason == .signatureMalformed)
  }

  @Test(arguments: names)
  func `a preset is sound`(name: String) throws {
    let layout = try #require(SignatureLayout.preset(named: name))
    #expect(layout.problems().map(\.sentence) == [])
  }

  @Test(arguments: names)
  func `a signature's hex digits may be of either case`(name: String) throws {
    let layout = try #require(SignatureLayout.preset(named: name))
    guard layout.encoding == .hex else { return }
    let signed = signed(layout)
    let digits = Hex.encode(signed.digest(over: sampleBody)).uppercased()
    let fields = signed.fields(over: sampleBody, signatures: [layout.prefix + digits])
    #expect(Judging(layout, keys: [signed.key]).judge(fields, sampleBody).isVerified)
  }

  @Test(arguments: [
    "{body}.{timestamp}", "a{body}b", "{id}:{body}:{timestamp}!", "{timestamp}\n{body}\n{id}\n",
  ])
  func `bytes behind the body are under the HMAC, for every secret`(template: String) throws {
    var signed = Signed()
    signed.layout.signed = try SignedTemplate(template)
    signed.layout.idSource = .header("id")
    let fields = signed.fields(over: sampleBody)
    for keys in [[signed.key], [[1], signed.key], [[1], [2], signed.key]] {
      #expect(Judging(signed.layout, keys: keys).judge(fields, sampleBody, partBytes: 9).isVerified)
    }
    var other = signed
    other.layout.signed = try SignedTemplate(template + "x")
    #expect(Judging(other.layout, keys: [signed.key]).judge(fields, sampleBody).reason == .mismatch)
  }

  @Test func `names are unique and an unknown one is nobody's`() {
    #expect(Set(Self.names).count == Self.names.count)
    #expect(SignatureLayout.preset(named: "Vesicash") == nil)
  }
}
