import LeibnizKernels

/// A scalar of a kernel under construction; the operators below add to the kernel.
struct Scalar {
    let builder: NestBuilder
    let id: ValueID
    let type: ElementType

    func apply(_ operation: UnaryOperation, _ result: ElementType? = nil) -> Scalar {
        builder.add(.unary(operation, id), result ?? type)
    }

    func apply(_ operation: BinaryOperation, _ other: Scalar) -> Scalar {
        builder.add(.binary(operation, id, other.id), type)
    }

    func compare(_ comparison: Comparison, _ other: Scalar) -> Scalar {
        builder.add(.compare(comparison, id, other.id), .bool)
    }

    /// `a` where this is true, else `b`.
    func select(_ a: Scalar, _ b: Scalar) -> Scalar { builder.add(.select(id, a.id, b.id), a.type) }

    func converted(to type: ElementType) -> Scalar { type == self.type ? self : builder.add(.convert(id), type) }

    /// A number of this scalar's type.
    func constant(_ number: Double) -> Scalar { builder.constant(number, type) }

    static func + (a: Scalar, b: Scalar) -> Scalar { a.apply(.add, b) }
    static func - (a: Scalar, b: Scalar) -> Scalar { a.apply(.subtract, b) }
    static func * (a: Scalar, b: Scalar) -> Scalar { a.apply(.multiply, b) }
    static func / (a: Scalar, b: Scalar) -> Scalar { a.apply(.divide, b) }
    static func + (a: Scalar, b: Double) -> Scalar { a + a.constant(b) }
    static func - (a: Scalar, b: Double) -> Scalar { a - a.constant(b) }
    static func * (a: Scalar, b: Double) -> Scalar { a * a.constant(b) }
    static func / (a: Scalar, b: Double) -> Scalar { a / a.constant(b) }
    static func - (a: Double, b: Scalar) -> Scalar { b.constant(a) - b }
    static func / (a: Double, b: Scalar) -> Scalar { b.constant(a) / b }
    static prefix func - (a: Scalar) -> Scalar { a.apply(.negate) }
}

/// A loop nest under construction, with each scalar written once.
final class NestBuilder {
    var nest: LoopNest
    private var known: [Value: ValueID] = [:]

    init(name: String) { nest = LoopNest(name: name) }

    func add(_ operation: Value.Operation, _ type: ElementType) -> Scalar {
        let value = Value(operation, type)
        if let id = known[value] { return Scalar(builder: self, id: id, type: type) }
        nest.values.append(value)
        known[value] = nest.values.count - 1
        return Scalar(builder: self, id: nest.values.count - 1, type: type)
    }

    func constant(_ number: Double, _ type: ElementType) -> Scalar {
        if type.isFloatingPoint { return add(.float(number), type) }
        if type == .bool { return add(.integer(number == 0 ? 0 : 1), type) }
        return add(.integer(Int64(exactly: number.rounded(.towardZero)) ?? (number > 0 ? .max : .min)), type)
    }

    func scalar(_ id: ValueID) -> Scalar { Scalar(builder: self, id: id, type: nest.values[id].type) }
}
