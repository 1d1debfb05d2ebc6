import Foundation
import Gateway
import Signing
import Testing

@testable import vesigate

@Suite struct SampleDeliveryTests {
  static let layouts =
    SignatureLayout.presets.map(\.layout)
    + [SignatureLayout(header: "x-own", encoding: .hex, signed: SignatureLayout.github.signed)]

  private func sample(_ layout: SignatureLayout, _ event: String? = nil, id: String = "id-1")
    -> SampleDelivery
  {
    SampleDelivery(of: layout, event: event, at: 1_781_519_012_345, id: id)
  }

  @Test(arguments: layouts.indices)
  func `each is a small object of its layout, and names its event`(_ index: Int) throws {
    let layout = Self.layouts[index]
    for event in [nil, "some.other/event"] + SampleDelivery.events(of: layout).map(Optional.some) {
      let sample = sample(layout, event)
      #expect(sample.event == event ?? SampleDelivery.events(of: layout)[0])
      #expect(sample.body.utf8.count < 512)
      #expect(
        try JSONSerialization.jsonObject(with: Data(sample.body.utf8)) is [String: Any], "\(sample.body)")
      #expect((sample.headers + [sample.body]).contains { $0.contains(sample.event) }, "\(sample.body)")
    }
  }

  @Test(arguments: layouts.indices)
  func `no two are alike, for the second would be known as a repetition`(_ index: Int) {
    let layout = Self.layouts[index]
    #expect(sample(layout, id: "id-1").body != sample(layout, id: "id-2").body)
  }

  @Test func `Vesicash's are of the published events, in the drafts' shape`() throws {
    #expect(SampleDelivery.events(of: .vesicash).first == "payment.success")
    let sample = sample(.vesicash, "payout.failed")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(sample.body.utf8)) as? [String: Any])
    #expect(object["event"] as? String == "payout.failed")
    let data = try #require(object["data"] as? [String: Any])
    #expect(data["type"] as? String == "pay_out" && data["status"] as? String == "failed")
    #expect(data["reference"] as? String == "PAYOUT-VES-1781519012345" && data["uuid"] as? String == "id-1")
    #expect(sample.headers == [])
  }

  @Test func `a preset is known whatever its tolerance, another layout has a plain one`() {
    var layout = SignatureLayout.github
    layout.tolerance = .seconds(60)
    #expect(sample(layout).headers.first == "X-GitHub-Event: ping")
    layout.header = "x-own"
    #expect(sample(layout).event == "test" && sample(layout).headers == [])
  }
}
