/// A JSON value whose objects keep the order in which their keys were given.
public enum JSONValue: Sendable {
    /// `null`
    case null
    /// `true` or `false`
    case flag(Bool)
    /// A whole number of 64 bits.
    case whole(Int)
    /// A number; one that is not finite, which JSON cannot say, is written as null.
    case real(Double)
    /// A text.
    case text(String)
    /// A list.
    case array([JSONValue])
    /// Members by key, in order.
    case object([(key: String, value: JSONValue)])

    /// A text, or null.
    public static func text(orNull text: String?) -> JSONValue { text.map(JSONValue.text) ?? .null }

    /// A measurement, to thousandths.
    public static func rounded(_ number: Double) -> JSONValue { .real((number * 1000).rounded() / 1000) }
}

// MARK: - Looking into values

extension JSONValue {
    /// The member of an object with a key; nil for other values.
    public subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// A whole number, or nil.
    public var whole: Int? { if case .whole(let number) = self { number } else { nil } }

    /// A number, whole or not, or nil.
    public var number: Double? {
        switch self {
        case .whole(let number): Double(number)
        case .real(let number): number
        default: nil
        }
    }

    /// A text, or nil.
    public var text: String? { if case .text(let text) = self { text } else { nil } }

    /// The elements of a list, or nil.
    public var elements: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }

    /// The members of an object, or nil.
    public var members: [(key: String, value: JSONValue)]? {
        if case .object(let members) = self { members } else { nil }
    }
}

// MARK: - Writing

extension JSONValue: CustomStringConvertible {
    /// The value on one line.
    public var description: String {
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
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case _ where scalar.value < 0x20:
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: return String(scalar)
        }
    }
}
