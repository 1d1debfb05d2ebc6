import Signing

func secret(_ text: String) -> Secret { Secret(Array(text.utf8)) }

func text(_ secret: Secret) -> String { secret.withBytes { String(decoding: $0, as: UTF8.self) } }
