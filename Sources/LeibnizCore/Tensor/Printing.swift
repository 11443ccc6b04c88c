import LeibnizKernels

extension Tensor: CustomStringConvertible, CustomDebugStringConvertible {
    /// The elements as NumPy prints them: aligned, up to 8 digits after the point, in scientific notation where the numbers
    /// are very large, very small or far apart; of more than 1000 elements only the first and last three along each axis.
    ///
    /// Evaluates the tensor. Where that is impossible, the text is that of the error.
    public var description: String {
        do {
            return try formatted(separator: " ", indent: 0)
        } catch {
            return "\(error)"
        }
    }

    /// The elements with shape and element type: `Tensor([1., 2.], shape: [2], float32)`.
    public var debugDescription: String {
        do {
            return "Tensor(\(try formatted(separator: ", ", indent: 7)), shape: \(type.shape), \(elementType))"
        } catch {
            return "\(error)"
        }
    }

    private func formatted(separator: String, indent: Int) throws -> String {
        try Evaluation.evaluate([node], takingPending: false)
        guard let buffer = node.value else { return "" }
        let elements = PrintedElements(buffer: buffer, type: type)
        return withExtendedLifetime(buffer) { elements.text(separator: separator, indent: indent) }
    }
}

/// The layout of a tensor's text: which elements are shown, and where lines break.
private struct PrintedElements {
    let buffer: Buffer
    let type: TensorType

    /// The length at which lines are broken.
    private static let lineWidth = 75
    /// The number of elements up to which all are shown.
    private static let threshold = 1000
    /// How many are shown at each end of an axis of a larger tensor.
    private static let edgeCount = 3

    private var isSummary: Bool { type.shape.count > Self.threshold }

    func text(separator: String, indent: Int) -> String {
        if type.shape.rank == 0 { return NumberText.scalar(element(0)) }
        if type.shape.count == 0 { return "[]" }
        let format = NumberFormat(shownOffsets(axis: 0, offset: 0).map(element))
        return block(axis: 0, offset: 0, format, separator, indent: indent + 1, width: Self.lineWidth)
    }

    /// The places along an axis that are shown; `nil` stands for those left out.
    private func shownPlaces(_ axis: Int) -> [Int?] {
        let extent = type.shape.extents[axis]
        guard isSummary, extent > 2 * Self.edgeCount else { return Array(0..<extent) }
        return Array(0..<Self.edgeCount) + [nil] + Array(extent - Self.edgeCount..<extent)
    }

    private func stride(_ axis: Int) -> Int { type.shape.rowMajorStrides[axis] }

    private func shownOffsets(axis: Int, offset: Int) -> [Int] {
        if axis == type.shape.rank { return [offset] }
        return shownPlaces(axis).compactMap { $0 }.flatMap {
            shownOffsets(axis: axis + 1, offset: offset + $0 * stride(axis))
        }
    }

    /// One axis in brackets.
    ///
    /// - Parameters:
    ///   - indent: the column after the bracket.
    ///   - width: the columns that a line may use; each closing bracket takes one.
    private func block(axis: Int, offset: Int, _ format: NumberFormat, _ separator: String, indent: Int, width: Int)
        -> String
    {
        let places = shownPlaces(axis)
        let mark = String(separator.prefix { $0 != " " })
        let margin = String(repeating: " ", count: indent)
        if axis < type.shape.rank - 1 {
            let gap = mark + String(repeating: "\n", count: type.shape.rank - 1 - axis) + margin
            let blocks = places.map { place in
                place.map {
                    block(
                        axis: axis + 1, offset: offset + $0 * stride(axis), format, separator, indent: indent + 1,
                        width: width - 1)
                } ?? "..."
            }
            return "[" + blocks.joined(separator: gap) + "]"
        }
        var lines = [""]
        var column = indent
        for (number, place) in places.enumerated() {
            let word = place.map { format.text(element(offset + $0)) } ?? "..."
            if column + word.count > width - 1, column > indent {
                lines.append("")
                column = indent
            }
            let piece = number == places.count - 1 ? word : word + separator
            lines[lines.count - 1] += piece
            column += piece.count
        }
        // Broken lines end with their last word; the last keeps the columns of its numbers.
        let broken = lines.dropLast().map { line in String(line.reversed().drop { $0 == " " }.reversed()) }
        return "[" + (broken + lines.suffix(1)).joined(separator: "\n" + margin) + "]"
    }

    private func element(_ offset: Int) -> PrintedNumber {
        func load<Element: BitwiseCopyable>(_: Element.Type) -> Element {
            buffer.pointer.load(fromByteOffset: offset * MemoryLayout<Element>.size, as: Element.self)
        }
        switch type.elementType {
        case .float32:
            let number = load(Float.self)
            return .real(Double(number), shortest: number.description, significantDigits: 6)
        case .float64:
            let number = load(Double.self)
            return .real(number, shortest: number.description, significantDigits: 15)
        case .int32: return .integer(Int(load(Int32.self)))
        case .int64: return .integer(Int(load(Int64.self)))
        case .uint8: return .integer(Int(load(UInt8.self)))
        case .bool: return .truth(load(UInt8.self) != 0)
        }
    }
}
