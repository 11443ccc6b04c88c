/// What one element of a buffer or one scalar of a loop nest is.
///
/// Element types are values, not generic parameters: mixed precision must not rewrite types.
public enum ElementType: UInt8, Sendable, Hashable, CaseIterable, Codable {
    case float32, float64, int32, int64, uint8, bool

    /// The bytes that one element takes in memory: 4, 8, 4, 8, 1, 1.
    public var byteCount: Int {
        switch self {
        case .float32, .int32: 4
        case .float64, .int64: 8
        case .uint8, .bool: 1
        }
    }

    /// Whether values are real numbers, so that derivatives exist.
    public var isFloatingPoint: Bool { self == .float32 || self == .float64 }

    /// Whether values are integers; `bool` is not one.
    public var isInteger: Bool { self == .int32 || self == .int64 || self == .uint8 }
}

extension ElementType: CustomStringConvertible {
    /// The type's name as users write it, such as `float32`.
    public var description: String {
        switch self {
        case .float32: "float32"
        case .float64: "float64"
        case .int32: "int32"
        case .int64: "int64"
        case .uint8: "uint8"
        case .bool: "bool"
        }
    }
}
