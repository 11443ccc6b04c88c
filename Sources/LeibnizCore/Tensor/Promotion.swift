import LeibnizKernels

/// What one element of a tensor is: `.float32` (the default), `.float64`, `.int32`, `.int64`, `.uint8` or `.bool`.
public typealias ElementType = LeibnizKernels.ElementType

/// The element type in which two operands meet.
///
/// | | bool | uint8 | int32 | int64 | float32 | float64 |
/// |---|---|---|---|---|---|---|
/// | **bool** | bool | uint8 | int32 | int64 | float32 | float64 |
/// | **uint8** | uint8 | uint8 | int32 | int64 | float32 | float64 |
/// | **int32** | int32 | int32 | int32 | int64 | float32 | float64 |
/// | **int64** | int64 | int64 | int64 | int64 | float32 | float64 |
/// | **float32** | float32 | float32 | float32 | float32 | float32 | float64 |
/// | **float64** | float64 | float64 | float64 | float64 | float64 | float64 |
///
/// The type of higher rank wins, in the order of the table; as in PyTorch, integers of any size meet float32 in float32.
///
/// A number that has met no tensor yet (a literal, a `Double`) is *weak*: it takes the other operand's type. Only a fraction lifts
/// integers and truth values, to float32, and an integer lifts truth values, to int32.
///
/// Functions of real numbers, and `/`, take integers and truth values as float32. Explicit conversions, `cast(to:)`:
///
/// | from \ to | bool | uint8 | int32, int64 | float32, float64 |
/// |---|---|---|---|---|
/// | **bool** | | 0 or 1 | 0 or 1 | 0 or 1 |
/// | **integers** | ≠ 0 | the low bits | the low bits | the nearest |
/// | **floats** | ≠ 0, NaN is true | the low bits of the int32 | towards zero, at most the ends of the type; NaN is 0 | the nearest |
enum Promotion {
    static func common(_ a: ElementType, weak weakA: Bool, _ b: ElementType, weak weakB: Bool) -> ElementType {
        if weakA != weakB {
            let (strong, weak) = weakA ? (b, a) : (a, b)
            if strong.isFloatingPoint || strong == weak { return strong }
            if weak.isFloatingPoint { return .float32 }
            return strong == .bool ? weak : strong
        }
        return rank(a) >= rank(b) ? a : b
    }

    /// The type in which functions of real numbers are computed: integers become float32.
    static func real(_ type: ElementType) -> ElementType { type.isFloatingPoint ? type : .float32 }

    private static func rank(_ type: ElementType) -> Int {
        switch type {
        case .bool: 0
        case .uint8: 1
        case .int32: 2
        case .int64: 3
        case .float32: 4
        case .float64: 5
        }
    }
}
