import LeibnizKernels

extension Tensor {
    /// Computes the value now, if it is not known yet, and keeps it.
    ///
    /// - Throws: the error of an invalid tensor, or what the running plan found.
    @discardableResult
    public func evaluated() throws -> Tensor {
        try Evaluation.evaluate([node])
        return self
    }

    /// Gives `body` the elements in memory, row-major, without a copy.
    ///
    /// - Throws: what evaluation throws; a `TypeError` where `Element` is not the memory form of `elementType`
    ///   (Float, Double, Int32, Int64, UInt8, Bool); whatever `body` throws.
    public func withUnsafeElements<Element: TensorElement, Result>(
        of type: Element.Type = Element.self, _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) throws -> Result {
        let buffer = try evaluatedBuffer()
        guard Element.elementType == elementType else {
            throw TensorError(
                "withUnsafeElements", [self.type.shape], "elements are \(elementType), not \(Element.elementType)",
                kind: .elementType, hint: "convert with cast(to: .\(Element.elementType))"
            ).located()
        }
        defer { withExtendedLifetime(buffer) {} }
        return try body(
            UnsafeBufferPointer(
                start: UnsafePointer(buffer.pointer.assumingMemoryBound(to: Element.self)), count: elementCount))
    }

    /// Gives `body` the bytes in memory, row-major, without a copy.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        let buffer = try evaluatedBuffer()
        defer { withExtendedLifetime(buffer) {} }
        return try body(UnsafeRawBufferPointer(start: buffer.pointer, count: elementCount * elementType.byteCount))
    }

    /// The only element of a tensor of one element, as a Double (exact but for int64 beyond 2⁵³).
    ///
    /// - Throws: what evaluation throws; a `ShapeError` where there are more elements or none.
    public func item() throws -> Double {
        try single()
        return try doubles()[0]
    }

    /// The only element of a tensor of one element, converted to `Element`.
    ///
    /// ```swift
    /// let count = try sum(mask).item(of: Int.self)
    /// ```
    public func item<Element: TensorElement>(of type: Element.Type) throws -> Element {
        try single()
        return try array(of: type)[0]
    }

    /// Evaluates, and throws unless there is one element.
    private func single() throws {
        _ = try evaluatedBuffer()
        guard elementCount == 1 else {
            throw TensorError(
                "item", [type.shape], "there are \(elementCount) elements, not one", cannot: "read",
                hint: "array(of:) reads all, a subscript such as x[0] selects"
            ).located()
        }
    }

    /// All elements, row-major, converted to `Element`: one copy of the memory where that is their own type.
    ///
    /// - Throws: what evaluation throws.
    public func array<Element: TensorElement>(of type: Element.Type = Element.self) throws -> [Element] {
        try cast(to: Element.elementType).withUnsafeElements(of: Element.self) { Array($0) }
    }

    /// All elements, row-major, as Doubles (exact but for int64 beyond 2⁵³).
    public func doubles() throws -> [Double] {
        let buffer = try evaluatedBuffer()
        defer { withExtendedLifetime(buffer) {} }
        let (count, memory) = (elementCount, buffer.pointer)
        switch elementType {
        case .float64:
            return Array(UnsafeBufferPointer(start: memory.assumingMemoryBound(to: Double.self), count: count))
        case .float32:
            return UnsafeBufferPointer(start: memory.assumingMemoryBound(to: Float.self), count: count).map(Double.init)
        case .int32:
            return UnsafeBufferPointer(start: memory.assumingMemoryBound(to: Int32.self), count: count).map(Double.init)
        case .int64:
            return UnsafeBufferPointer(start: memory.assumingMemoryBound(to: Int64.self), count: count).map(Double.init)
        case .uint8, .bool:
            return UnsafeBufferPointer(start: memory.assumingMemoryBound(to: UInt8.self), count: count).map(Double.init)
        }
    }

    private var elementCount: Int { type.shape.count }

    private func evaluatedBuffer() throws -> Buffer {
        try Evaluation.evaluate([node])
        guard let buffer = node.value else {
            throw TensorError("evaluate", [type.shape], "the plan left no value", kind: .runtime).located()
        }
        return buffer
    }
}

/// Computes several tensors in one plan.
public func evaluate(_ tensors: Tensor...) throws { try Evaluation.evaluate(tensors.map(\.node)) }

/// Computes several tensors in one plan.
public func evaluate(_ tensors: [Tensor]) throws { try Evaluation.evaluate(tensors.map(\.node)) }

/// A Swift type whose memory form is that of an element type.
public protocol TensorElement: BitwiseCopyable, Sendable {
    /// The element type of which it is the memory form.
    static var elementType: ElementType { get }
}

extension Float: TensorElement {
    /// `.float32`
    public static var elementType: ElementType { .float32 }
}

extension Double: TensorElement {
    /// `.float64`
    public static var elementType: ElementType { .float64 }
}

extension Int32: TensorElement {
    /// `.int32`
    public static var elementType: ElementType { .int32 }
}

extension Int64: TensorElement {
    /// `.int64`
    public static var elementType: ElementType { .int64 }
}

// On the 64-bit machines that the library is for.
extension Int: TensorElement {
    /// `.int64`
    public static var elementType: ElementType { .int64 }
}

extension UInt8: TensorElement {
    /// `.uint8`
    public static var elementType: ElementType { .uint8 }
}

extension Bool: TensorElement {
    /// `.bool`
    public static var elementType: ElementType { .bool }
}
