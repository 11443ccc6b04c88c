import LeibnizCore

/// Texts side by side in windows, for backpropagation through time that ends at a window's first step (Williams & Peng 1990): row n
/// of a window goes on where row n of the window before has ended.
public struct TextStreams: Sendable {
    private let rows: [[Int32]]
    /// The steps of a window.
    public let steps: Int
    /// How many windows there are.
    public let count: Int

    /// One text in equal parts; what is left over at its end is not used.
    ///
    /// - Parameters:
    ///   - text: numbers of characters.
    ///   - rows: how many parts, at least 1.
    ///   - steps: of a window, at least 1.
    public init(_ text: [Int32], rows: Int, steps: Int) {
        let (rows, steps) = (max(1, rows), max(1, steps))
        let length = text.count / rows
        self.rows = (0..<rows).map { Array(text[$0 * length..<($0 + 1) * length]) }
        (self.steps, count) = (steps, max(0, length - 1) / steps)
    }

    /// A row for each text; a shorter one ends in steps that do not count.
    ///
    /// - Parameter steps: of a window, at least 1.
    public init(_ texts: [[Int32]], steps: Int) {
        (rows, self.steps) = (texts, max(1, steps))
        count = ((texts.map(\.count).max() ?? 0) - 1 + self.steps - 1) / self.steps
    }

    /// The window with a number, from 0.
    public func window(_ number: Int) -> TextWindow {
        let shape: Shape = [steps, rows.count]
        var (inputs, targets) = ([Int32](), [Int32]())
        var (weights, total) = ([Float](), 0)
        for place in number * steps..<(number + 1) * steps {
            for row in rows {
                let counts = place + 1 < row.count
                inputs.append(counts ? row[place] : 0)
                targets.append(counts ? row[place + 1] : 0)
                weights.append(counts ? 1 : 0)
                total += counts ? 1 : 0
            }
        }
        func tensor<Number>(_ numbers: [Number], _ type: ElementType) -> Tensor {
            numbers.withUnsafeBytes { Tensor(bytes: $0, shape: shape, type) }
        }
        return TextWindow(
            inputs: tensor(inputs, .int32), targets: tensor(targets, .int32), weights: tensor(weights, .float32),
            isContinued: Tensor(number > 0 ? 1.0 : 0.0), count: total)
    }
}

/// Some steps of texts side by side.
public struct TextWindow: Sendable {
    /// The numbers of characters, [T, N] of int32.
    public let inputs: Tensor
    /// Each character's successor, [T, N] of int32.
    public let targets: Tensor
    /// 1 where there is a successor, else 0, [T, N].
    public let weights: Tensor
    /// 1 if the texts go on from the window before, 0 if they begin: a scalar.
    public let isContinued: Tensor
    /// How many successors there are.
    public let count: Int
}

extension TextWindow: TensorGroup {
    /// Inputs, targets, weights, and whether texts go on.
    public var tensors: [Tensor] { [inputs, targets, weights, isContinued] }
    /// The same window of other tensors.
    public func replacing(with tensors: inout ArraySlice<Tensor>) -> TextWindow {
        TextWindow(
            inputs: inputs.replacing(with: &tensors), targets: targets.replacing(with: &tensors),
            weights: weights.replacing(with: &tensors), isContinued: isContinued.replacing(with: &tensors), count: count
        )
    }
}
