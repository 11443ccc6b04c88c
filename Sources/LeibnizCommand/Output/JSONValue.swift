import Foundation

/// A JSON value whose objects keep the order in which their keys were given.
enum JSONValue: Sendable {
    case null
    case flag(Bool)
    case whole(Int)
    /// A number; one that is not finite, which JSON cannot say, is null.
    case real(Double)
    case text(String)
    case array([JSONValue])
    case object([(key: String, value: JSONValue)])

    /// A text, or null.
    static func text(orNull text: String?) -> JSONValue { text.map(JSONValue.text) ?? .null }

    /// A measurement, to thousandths.
    static func rounded(_ number: Double) -> JSONValue { .real((number * 1000).rounded() / 1000) }
}

extension JSONValue: CustomStringConvertible {
    /// The value on one line.
    var description: String {
        switch self {
        case .null: "null"
        case .flag(let flag): "\(flag)"
        case .whole(let number): "\(number)"
        case .real(let number): number.isFinite ? "\(number)" : "null"
        case .text(let text): "\"" + text.unicodeScalars.map(Self.escaped).joined() + "\""
        case .array(let elements): "[" + elements.map(\.description).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\(JSONValue.text($0.key)):\($0.value)" }.joined(separator: ",") + "}"
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case _ where scalar.value < 0x20: String(format: "\\u%04x", scalar.value)
        default: String(scalar)
        }
    }
}
