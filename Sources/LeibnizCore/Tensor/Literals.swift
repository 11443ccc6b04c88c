import LeibnizKernels

// A literal in an expression is a constant of the compiled code. A Swift variable is an argument of it: `rate * g` is compiled once
// for all rates. The overloads on Double are disfavoured so that literals find the first way.

extension Tensor: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    /// A number that takes the element type of the first tensor it meets; float32 until then.
    public init(floatLiteral number: Double) { self.init(weak: number) }
    /// A number that takes the element type of the first tensor it meets; float32 until then.
    public init(integerLiteral number: Int) { self.init(weak: Double(number), .int32) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self.init(Fill(number: value ? 1 : 0, type: TensorType([], .bool)), []) }
}

extension Tensor: ExpressibleByArrayLiteral {
    /// The elements stacked along a new first axis; numbers are float32.
    ///
    /// ```swift
    /// let a: Tensor = [[1, 2], [3, 4]]        // shape [2, 2]
    /// ```
    public init(arrayLiteral elements: Tensor...) {
        let numbers = elements.compactMap { $0.node.isWeak ? $0.uniformNumber : nil }
        if numbers.count == elements.count {
            self.init(numbers)
        } else if let place = elements.firstIndex(where: { $0.type.shape != elements[0].type.shape }),
            !elements.contains(where: \.isInvalid)
        {
            let error = TensorError.ragged(elements[0].type.shape, elements[place].type.shape, place)
            self.init(invalid: error.located(among: elements))
        } else if let joined = Tensor(joining: elements) {
            self = joined
        } else {
            self = stack(elements.map { $0.node.isWeak ? $0.cast(to: .float32) : $0 })
        }
    }

    /// The stack of evaluated tensors of one type, joined in memory at once; `nil` where they are not such.
    private init?(joining tensors: [Tensor]) {
        guard let type = tensors.first?.type,
            tensors.allSatisfy({ $0.type == type && $0.node.dependence.isEmpty && $0.node.isEvaluated })
        else { return nil }
        let buffer = Buffer(byteCount: type.byteCount * tensors.count)
        for (place, tensor) in tensors.enumerated() {
            guard let value = tensor.node.value else { return nil }
            (buffer.pointer + place * type.byteCount).copyMemory(from: value.pointer, byteCount: type.byteCount)
        }
        self.init(buffer, TensorType(Shape([tensors.count] + type.shape.extents), type.elementType))
    }
}

extension Tensor {
    /// A Swift number as an argument of the plan: another number needs no new code. Weakly typed.
    init(argument number: Double) {
        let buffer = Buffer(byteCount: 8)
        buffer.pointer.storeBytes(of: number, as: Double.self)
        self.init(Node(Literal(), [], TensorType([], .float64), isWeak: true, value: buffer))
    }

    /// A scalar.
    ///
    /// - Parameter elementType: float32 by default.
    public init(_ number: Double, _ elementType: ElementType = .float32) { self.init([number], shape: [], elementType) }

    /// An int64 scalar.
    public init(_ number: Int) { self.init([number], shape: []) }

    /// Adds a number to each element, which is an argument of the plan.
    @_disfavoredOverload public static func + (a: Tensor, b: Double) -> Tensor { a + Tensor(argument: b) }
    /// Adds a number to each element, which is an argument of the plan.
    @_disfavoredOverload public static func + (a: Double, b: Tensor) -> Tensor { Tensor(argument: a) + b }
    /// The difference of each element and a number, which is an argument of the plan.
    @_disfavoredOverload public static func - (a: Tensor, b: Double) -> Tensor { a - Tensor(argument: b) }
    /// The difference of each element and a number, which is an argument of the plan.
    @_disfavoredOverload public static func - (a: Double, b: Tensor) -> Tensor { Tensor(argument: a) - b }
    /// Multiplies each element by a number, which is an argument of the plan.
    @_disfavoredOverload public static func * (a: Tensor, b: Double) -> Tensor { a * Tensor(argument: b) }
    /// Multiplies each element by a number, which is an argument of the plan.
    @_disfavoredOverload public static func * (a: Double, b: Tensor) -> Tensor { Tensor(argument: a) * b }
    /// The quotient of each element and a number, which is an argument of the plan.
    @_disfavoredOverload public static func / (a: Tensor, b: Double) -> Tensor { a / Tensor(argument: b) }
    /// The quotient of each element and a number, which is an argument of the plan.
    @_disfavoredOverload public static func / (a: Double, b: Tensor) -> Tensor { Tensor(argument: a) / b }
    /// Where elements are greater than a number, which is an argument of the plan.
    @_disfavoredOverload public static func > (a: Tensor, b: Double) -> Tensor { a > Tensor(argument: b) }
    /// Where elements are less than a number, which is an argument of the plan.
    @_disfavoredOverload public static func < (a: Tensor, b: Double) -> Tensor { a < Tensor(argument: b) }

    /// Adds in place: `a = a + b`.
    public static func += (a: inout Tensor, b: Tensor) { a = a + b }
    /// Subtracts in place: `a = a - b`.
    public static func -= (a: inout Tensor, b: Tensor) { a = a - b }
    /// Multiplies in place: `a = a * b`.
    public static func *= (a: inout Tensor, b: Tensor) { a = a * b }
    /// Divides in place: `a = a / b`.
    public static func /= (a: inout Tensor, b: Tensor) { a = a / b }
}

/// A Swift number, or an array of such, or an array of those: what a tensor can be made of.
public protocol TensorConvertible {
    /// The memory form of the numbers.
    associatedtype Scalar: TensorElement
    /// All numbers of an array, row-major, with the array's shape. Throws where rows differ in shape.
    static func contents(of array: [Self]) throws(TensorError) -> (numbers: [Scalar], shape: [Int])
}

extension TensorConvertible where Self: TensorElement {
    /// The numbers of a flat array.
    public static func contents(of array: [Self]) -> (numbers: [Self], shape: [Int]) { (array, [array.count]) }
}

extension Float: TensorConvertible {}
extension Double: TensorConvertible {}
extension Int: TensorConvertible {}
extension Int32: TensorConvertible {}
extension Int64: TensorConvertible {}
extension UInt8: TensorConvertible {}
extension Bool: TensorConvertible {}

extension Array: TensorConvertible where Element: TensorConvertible {
    /// The numbers of nested arrays, which must all have one shape.
    public static func contents(of array: [Self]) throws(TensorError) -> (numbers: [Element.Scalar], shape: [Int]) {
        guard let first = array.first else { return ([], [0]) }
        var (numbers, shape) = try Element.contents(of: first)
        numbers.reserveCapacity(numbers.count * array.count)
        for (place, row) in array.enumerated().dropFirst() {
            let next = try Element.contents(of: row)
            guard next.shape == shape else { throw .ragged(Shape(shape), Shape(next.shape), place) }
            numbers += next.numbers
        }
        return (numbers, [array.count] + shape)
    }
}

extension TensorError {
    /// The error of rows that are no rectangle.
    static func ragged(_ first: Shape, _ other: Shape, _ place: Int) -> TensorError {
        TensorError(
            "tensor", [first, other], "the row at \(place) has another shape than the first; a tensor is rectangular",
            cannot: "join", hint: "fill short rows up, or keep them in an array of tensors")
    }
}

extension Tensor {
    /// The numbers of a Swift array, perhaps nested. One copy of the memory where the element type is the numbers' own.
    ///
    /// ```swift
    /// Tensor([[1.5, 2], [3, 4]])            // float32, [2, 2]
    /// Tensor([1, 2, 3])                     // int64, [3]
    /// Tensor(pixels, shape: [28, 28])       // uint8 of a [UInt8]
    /// ```
    ///
    /// - Parameters:
    ///   - shape: another shape for the numbers, row-major; the array's own by default.
    ///   - elementType: by default float32 for Float and Double, int64 for Int, else the numbers' own.
    public init<Element: TensorConvertible>(_ array: [Element], shape: Shape? = nil, _ elementType: ElementType? = nil)
    {
        do throws(TensorError) {
            let (numbers, own) = try Element.contents(of: array)
            let shape = shape ?? Shape(own)
            let type = elementType ?? (Element.Scalar.elementType == .float64 ? .float32 : Element.Scalar.elementType)
            if let flaw = shape.flaw(of: "tensor", type) { throw flaw }
            guard numbers.count == shape.count else {
                throw TensorError("tensor", [shape], "there are \(numbers.count) numbers", cannot: "fill")
            }
            if type == .float32, let doubles = numbers as? [Double] {
                self.init(rounding: doubles, shape)
            } else {
                let tensor = Tensor(copying: numbers, shape)
                self = type == tensor.elementType ? tensor : tensor.cast(to: type)
            }
        } catch {
            self.init(invalid: error.located())
        }
    }

    /// A float32 tensor of Doubles.
    private init(rounding numbers: [Double], _ shape: Shape) {
        let type = TensorType(shape, .float32)
        let buffer = Buffer(byteCount: type.byteCount)
        let target = buffer.pointer.bindMemory(to: Float.self, capacity: numbers.count)
        numbers.withUnsafeBufferPointer { source in
            for place in source.indices { target[place] = Float(source[place]) }
        }
        self.init(buffer, type)
    }

    /// A tensor of a copy of numbers.
    init<Element: TensorElement>(copying numbers: [Element], _ shape: Shape) {
        let type = TensorType(shape, Element.elementType)
        let buffer = Buffer(byteCount: type.byteCount)
        numbers.withUnsafeBytes { source in
            if let base = source.baseAddress {
                buffer.pointer.copyMemory(from: base, byteCount: Swift.min(source.count, type.byteCount))
            }
        }
        self.init(buffer, type)
    }

    /// A tensor of a copy of bytes, row-major.
    ///
    /// - Parameter bytes: exactly as many as the shape and type need, else the tensor is invalid.
    public init(bytes: UnsafeRawBufferPointer, shape: Shape, _ elementType: ElementType) {
        if let flaw = shape.flaw(of: "tensor", elementType) {
            self.init(invalid: flaw.located())
            return
        }
        let type = TensorType(shape, elementType)
        guard bytes.count == type.byteCount else {
            self.init(
                invalid: TensorError("tensor", [shape], "\(bytes.count) bytes do not fill \(type.byteCount)").located(
                    among: []))
            return
        }
        let buffer = Buffer(byteCount: type.byteCount)
        if let base = bytes.baseAddress { buffer.pointer.copyMemory(from: base, byteCount: bytes.count) }
        self.init(buffer, type)
    }
}
