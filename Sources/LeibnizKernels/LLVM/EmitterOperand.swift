/// The scalar types of LLVM IR that kernels use.
enum IRScalar: String, Hashable, Sendable {
    case float, double, i1, i8, i32, i64, ptr

    /// The type in which a scalar of an element type is computed; `bool` is one bit.
    init(_ type: ElementType) {
        switch type {
        case .float32: self = .float
        case .float64: self = .double
        case .int32: self = .i32
        case .int64: self = .i64
        case .uint8: self = .i8
        case .bool: self = .i1
        }
    }

    /// The bits of one scalar.
    var bits: Int {
        switch self {
        case .i1: 1
        case .i8: 8
        case .float, .i32: 32
        case .double, .i64, .ptr: 64
        }
    }

    /// Whether arithmetic on it is floating-point.
    var isFloatingPoint: Bool { self == .float || self == .double }

    /// How intrinsics spell it in their names, such as the `f32` of `llvm.fma.v8f32`.
    var suffix: String {
        switch self {
        case .float: "f32"
        case .double: "f64"
        case .ptr: "p0"
        default: rawValue
        }
    }
}

/// A scalar or vector type of LLVM IR.
struct IRType: Hashable, Sendable {
    /// The type of one lane.
    var scalar: IRScalar
    /// The number of lanes; 1 is a scalar.
    var lanes: Int

    init(_ scalar: IRScalar, lanes: Int = 1) {
        self.scalar = scalar
        self.lanes = lanes
    }

    /// The type as IR spells it.
    var text: String { lanes == 1 ? scalar.rawValue : "<\(lanes) x \(scalar.rawValue)>" }
    /// The type as intrinsics' names spell it, such as `v8f32`.
    var suffix: String { lanes == 1 ? scalar.suffix : "v\(lanes)\(scalar.suffix)" }
    /// The same scalar in another number of lanes.
    func with(lanes: Int) -> IRType { IRType(scalar, lanes: lanes) }
}

/// A value in LLVM IR: a register or a constant.
///
/// The level says in which of the builder's open scopes it is computed: a value may be used in its own scope and in all
/// inner ones, and what is computed from values of some levels can be computed at the greatest of them. This is how
/// loop-invariant work leaves loops without any analysis.
struct Operand: Hashable, Sendable {
    /// `%name` or a literal.
    var text: String
    /// Its type.
    var type: IRType
    /// The scope that it belongs to; constants belong to the outermost.
    var level: Int
    /// Whether `text` is a literal.
    var isConstant: Bool

    init(_ text: String, _ type: IRType, level: Int, isConstant: Bool = false) {
        self.text = text
        self.type = type
        self.level = level
        self.isConstant = isConstant
    }

    /// The type and the text, as most instructions want operands.
    var typed: String { "\(type.text) \(text)" }

    /// An integer literal.
    static func integer(_ value: Int64, _ scalar: IRScalar = .i64) -> Operand {
        let text: String =
            switch scalar {
            case .i1: value == 0 ? "false" : "true"
            case .i8: "\(UInt8(truncatingIfNeeded: value))"
            case .i32: "\(Int32(truncatingIfNeeded: value))"
            default: "\(value)"
            }
        return Operand(text, IRType(scalar), level: 0, isConstant: true)
    }

    /// A truth value.
    static func bool(_ value: Bool) -> Operand { .integer(value ? 1 : 0, .i1) }

    /// Whether this is a constant of floating point other than NaN.
    var isNumber: Bool {
        guard isConstant, text.hasPrefix("0x"), let bits = UInt64(text.dropFirst(2), radix: 16) else { return false }
        return !Double(bitPattern: bits).isNaN
    }

    /// A floating-point literal, rounded to the type; written as the bits of a double, which IR asks for in both types.
    static func float(_ value: Double, _ scalar: IRScalar) -> Operand {
        let rounded = scalar == .float ? Double(Float(value)) : value
        let digits = String(rounded.bitPattern, radix: 16, uppercase: true)
        let text = "0x" + String(repeating: "0", count: 16 - digits.count) + digits
        return Operand(text, IRType(scalar), level: 0, isConstant: true)
    }

    /// The value of an `i64` literal, if it is one.
    var integerValue: Int64? { isConstant && type == IRType(.i64) ? Int64(text) : nil }
}
