internal import Formats
public import Signing

/// A small body as the senders of a layout make them, to try a route with. Each has an id of its own: what is like the
/// one before it would be known as its repetition.
public struct SampleDelivery: Sendable {
  public let event: String
  public let body: String
  /// Each with its value, as lines without an end.
  public let headers: [String]

  /// - Parameters:
  ///   - event: letters, digits and what needs no escape in JSON; nil for the layout's usual one.
  ///   - id: likewise.
  public init(of layout: SignatureLayout, event: String?, at unixMilliseconds: Int64, id: String) {
    let preset = Self.preset(of: layout)
    self.event = event ?? Self.events(of: preset)[0]
    let facts = Facts(event: self.event, id: id, unixMilliseconds: unixMilliseconds)
    body = facts.body(preset)
    headers = facts.headers(preset)
  }

  /// The preset's name, whatever the tolerance; nil for a layout of one's own.
  private static func preset(of layout: SignatureLayout) -> String? {
    SignatureLayout.presets.first { preset in
      var standard = preset.layout
      standard.tolerance = layout.tolerance
      return standard == layout
    }?.name
  }

  /// Those that are known, the usual one first.
  public static func events(of layout: SignatureLayout) -> [String] { events(of: preset(of: layout)) }

  /// Vesicash has published the first of its own; the others are of drafts.
  private static func events(of preset: String?) -> [String] {
    switch preset {
    case "vesicash":
      [
        "payment.success", "payment.completed", "payment.failed", "payout.completed", "payout.failed",
        "refund.completed", "refund.failed",
      ]
    case "stripe": ["payment_intent.succeeded", "payment_intent.payment_failed", "charge.refunded"]
    case "slack": ["app_mention", "message"]
    case "revolut": ["ORDER_COMPLETED", "ORDER_AUTHORISED"]
    case "cashfree": ["PAYMENT_SUCCESS_WEBHOOK", "PAYMENT_FAILED_WEBHOOK"]
    case "github": ["ping", "push"]
    case "shopify": ["orders/create", "orders/paid"]
    case "paystack": ["charge.success", "transfer.success"]
    default: ["test"]
    }
  }

  /// What an event's name must be.
  public static let eventGrammar = "1 to 64 letters, digits, or any of . _ - / :"

  /// It goes into a body and into a header as it stands.
  public static func isEvent(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "-./:_".utf8.contains($0) }
  }

  private struct Facts {
    let event: String
    let id: String
    let unixMilliseconds: Int64

    private var seconds: Int64 { unixMilliseconds / 1000 }
    private var time: String { RFC3339.text(unixMilliseconds: unixMilliseconds) }

    func headers(_ preset: String?) -> [String] {
      switch preset {
      case "github": ["X-GitHub-Event: \(event)", "X-GitHub-Delivery: \(id)"]
      case "shopify": ["X-Shopify-Topic: \(event)"]
      default: []
      }
    }

    func body(_ preset: String?) -> String {
      switch preset {
      case "vesicash": vesicash
      case "stripe":
        #"{"id":"evt_\#(id)","object":"event","type":"\#(event)","created":\#(seconds),"livemode":false,"#
          + #""data":{"object":{"id":"pi_\#(seconds)","object":"payment_intent","amount":310,"currency":"usd"}}}"#
      case "standard-webhooks", "svix":
        #"{"type":"\#(event)","timestamp":"\#(time)","data":{"id":"\#(id)"}}"#
      case "slack":
        #"{"type":"event_callback","event_id":"\#(id)","event_time":\#(seconds),"#
          + #""event":{"type":"\#(event)","text":"a test"}}"#
      case "revolut": #"{"event":"\#(event)","order_id":"\#(id)","merchant_order_ext_ref":"test"}"#
      case "cashfree":
        #"{"type":"\#(event)","event_time":"\#(time)","#
          + #""data":{"order":{"order_id":"\#(id)","order_amount":3.1,"order_currency":"INR"}}}"#
      case "github": #"{"zen":"Keep it logically awesome.","hook_id":1,"ref":"refs/heads/\#(id)"}"#
      case "shopify": #"{"id":\#(seconds),"total_price":"3.10","currency":"USD","token":"\#(id)"}"#
      case "paystack":
        #"{"event":"\#(event)","data":{"id":\#(seconds),"reference":"\#(id)","status":"success","#
          + #""amount":310,"currency":"NGN"}}"#
      default: #"{"event":"\#(event)","id":"\#(id)","time":"\#(time)"}"#
      }
    }

    /// In the shape of its drafts.
    private var vesicash: String {
      let words = event.split(separator: ".")
      let kind = words.first ?? ""
      let (type, mark) =
        switch kind {
        case "payout": ("pay_out", "PAYOUT")
        case "refund": ("refund", "REFUND")
        default: ("pay_in", "PAYIN")
        }
      return #"{"event":"\#(event)","data":{"uuid":"\#(id)","reference":"\#(mark)-VES-\#(unixMilliseconds)","#
        + #""type":"\#(type)","status":"\#(words.last ?? "")","amount":3.1,"currency":"ZMW","fee":0,"#
        + #""narration":"Test payment","created_at":"\#(time)"}}"#
    }
  }
}
